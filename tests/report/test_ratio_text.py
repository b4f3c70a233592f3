from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report.numbers import ratio

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "low", "high", "written"),
    [
        (1.2431, 1.2, 1.28, "1.24x (1.20 to 1.28)"),
        (0.2458, 0.2401, 0.2491, "0.246x (0.240 to 0.249)"),
        (1.33, 1.31476, 1.35349, "1.330x (1.315 to 1.353)"),
        (1.03, 0.996, 1.055, "1.03x (1.00 to 1.05)"),
        (1.03, 1.004, 1.055, "1.03x (1.00 to 1.05)"),
        (9.97, 9.67, 10.27, "10.0x (9.7 to 10.3)"),
        (2.0, 0.5, 8.0, "2x (0.5 to 8)"),
        (2.0, 0.96, 8.0, "2x (1 to 8)"),
        (67310.0, 66900.0, 67700.0, "67300x (66900 to 67700)"),
        (0.9996, NAN, NAN, "1.00x"),
        (0.00123, NAN, NAN, "0.00123x"),
        (1.0, 1.0, 1.0, "1.000x (1.000 to 1.000)"),
        (1.2, 0.0, math.inf, "1x (hardly known)"),
        (1.2, 0.01, 140.0, "1x (hardly known)"),
        (NAN, NAN, NAN, "–"),
        (0.0, NAN, NAN, "–"),
    ],
)
def test_a_ratio_has_the_digits_that_its_interval_allows(
    value: float, low: float, high: float, written: str
) -> None:
    assert ratio(value, low, high) == written


@given(st.floats(1e-9, 1e9), st.floats(1e-3, 0.9))
def test_what_is_written_is_within_the_interval(value: float, width: float) -> None:
    low, high = value * (1 - width), value * (1 + width)
    shown = float(ratio(value, low, high).partition("x")[0])
    assert low <= shown <= high
