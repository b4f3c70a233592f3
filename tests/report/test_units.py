from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report import numbers

SCALES = {"T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "": 1.0, "m": 1e-3, "µ": 1e-6, "n": 1e-9}
WRITTEN = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) ([TGMkmµn]?)s")
magnitudes = st.floats(1e-9, 1e15)


def parsed(text: str) -> float:
    match = WRITTEN.fullmatch(text)
    assert match, text
    return float(match[1]) * SCALES[match[2]]


@given(magnitudes, st.sampled_from([1, -1]))
def test_what_is_written_is_within_half_a_percent(value: float, sign: int) -> None:
    assert parsed(numbers.seconds(sign * value)) == pytest.approx(sign * value, rel=0.005)


@given(st.floats(1e-9, 999e12))
def test_three_digits_are_written(value: float) -> None:
    digits = re.sub(r"[^0-9]", "", numbers.seconds(value).split()[0]).lstrip("0")
    assert len(digits) == 3
    assert 1 <= float(numbers.seconds(value).split()[0]) < 1000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.438, "438 ms"),
        (1.8664, "1.87 s"),
        (0.000_022_6, "22.6 µs"),
        (3.2e-9, "3.20 ns"),
        (0.9996, "1.00 s"),
        (0.9994, "999 ms"),
        (9.996e-4, "1.00 ms"),
        (99.96, "100 s"),
        (0, "0 s"),
        (math.nan, "–"),
        (math.inf, "–"),
        (-0.5, "-500 ms"),
    ],
)
def test_times(value: float, text: str) -> None:
    assert numbers.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(2_610_000, "2.61 M"), (80_800, "80.8 k"), (12, "12.0"), (3.4e10, "34.0 G"), (0, "0")],
)
def test_rates_have_no_unit(value: float, text: str) -> None:
    assert numbers.rate(value) == text


def test_losses_have_the_digits_that_the_published_figures_are_compared_by() -> None:
    assert numbers.loss(0.259893) == "0.25989"
    assert numbers.loss(math.nan) == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.534, "1.53x"), (99.94, "99.94x"), (99.96, "100x"), (1234.5, "1234x"), (math.nan, "–")],
)
def test_ratios(value: float, text: str) -> None:
    assert numbers.times(value) == text


@given(st.integers(1, 10**11))
def test_counts_lose_nothing_that_six_digits_hold(value: int) -> None:
    match = re.fullmatch(r"([0-9.e+]+)([GMk]?)", numbers.count(value))
    assert match
    assert float(match[1]) * SCALES[match[2]] == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(
    ("value", "text"), [(5, "5"), (100, "100"), (1000, "1k"), (10**7, "10M"), (3e9, "3G")]
)
def test_counts(value: float, text: str) -> None:
    assert numbers.count(value) == text
