"""Names of synthetic workloads: read as written, wrong ones refused with a reason."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DataError
from data.synthetic import SyntheticSpec, parse
from data.synthetic_spec import LARGEST_CONDITION_NUMBER, LARGEST_NOISE, LARGEST_SEED


@st.composite
def specs(draw: st.DrawFn) -> SyntheticSpec:
    n_features = draw(st.integers(1, 10_000))
    condition_numbers = (
        st.just(1.0) if n_features == 1 else st.floats(1, LARGEST_CONDITION_NUMBER)
    )
    return SyntheticSpec(
        n_samples=draw(st.integers(n_features + 2, 10_000_000)),
        n_features=n_features,
        condition_number=draw(condition_numbers),
        noise=draw(st.floats(0, LARGEST_NOISE)),
        seed=draw(st.integers(0, LARGEST_SEED)),
    )


@given(specs())
def test_a_name_reads_back_as_its_spec(spec: SyntheticSpec) -> None:
    assert parse(spec.name) == spec


@given(specs(), specs())
def test_equal_names_mean_equal_specs(one: SyntheticSpec, other: SyntheticSpec) -> None:
    assert (one.name == other.name) == (one == other)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        (SyntheticSpec(10_000, 32), "synthetic-10000x32"),
        (SyntheticSpec(10_000, 32, condition_number=100), "synthetic-10000x32-cond100"),
        (SyntheticSpec(10_000, 32, noise=0), "synthetic-10000x32-noise0"),
        (SyntheticSpec(10_000, 32, noise=-0.0), "synthetic-10000x32-noise0"),
        (SyntheticSpec(10_000, 32, noise=1e-5), "synthetic-10000x32-noise0.00001"),
        (SyntheticSpec(10_000, 32, seed=7), "synthetic-10000x32-seed7"),
        (SyntheticSpec(10_000, 32, 100, 0.5, 3), "synthetic-10000x32-cond100-noise0.5-seed3"),
        (SyntheticSpec(100, 1, condition_number=1), "synthetic-100x1"),
    ],
)
def test_only_what_differs_from_the_defaults_is_named(spec: SyntheticSpec, name: str) -> None:
    assert spec.name == name
    assert parse(name) == spec


@pytest.mark.parametrize(
    "name",
    [
        "",
        "synthetic",
        "synthetic-",
        "synthetic-100",
        "synthetic-100x",
        "synthetic-100x8-",
        "synthetic--100x8",
        "synthetic-100x-8",
        "synthetic-100X8",
        "synthetic-1e3x8",
        "synthetic-100x8 ",
        "synthetic-100x8\n",
        "synthetic-100x8-cond",
        "synthetic-100x8-cond1e2",
        "synthetic-100x8-noise-1",
        "synthetic-100x8-noise.5",
        "synthetic-100x8-noisenan",
        "synthetic-100x8-seed1.5",
        "synthetic-100x8-seed3-cond100",
        "synthetic-100x8-cond100-cond100",
        "synthetic-100x8-colour3",
        "synthetic-\N{ARABIC-INDIC DIGIT THREE}0x8",
        "synthetic-" + "9" * 5000 + "x8",
    ],
)
def test_other_names_are_refused_with_the_pattern(name: str) -> None:
    with pytest.raises(DataError, match="write synthetic-<samples>x<features>") as caught:
        parse(name)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "simpler"),
    [
        ("synthetic-0100x8", "synthetic-100x8"),
        ("synthetic-100x8-cond10", "synthetic-100x8"),
        ("synthetic-100x8-cond100.0", "synthetic-100x8-cond100"),
        ("synthetic-100x8-noise0.1", "synthetic-100x8"),
        ("synthetic-100x8-seed0", "synthetic-100x8"),
        ("synthetic-100x1-cond1", "synthetic-100x1"),
    ],
)
def test_a_second_spelling_is_refused_with_the_first(name: str, simpler: str) -> None:
    with pytest.raises(DataError, match=f"use '{re.escape(simpler)}'$"):
        parse(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("synthetic-0x8", "0 samples x 8 features is too short: ask for at least 10 samples"),
        ("synthetic-100x0", "100 samples x 0 features is empty: ask for at least 1 feature"),
        ("synthetic-9x8", "9 samples x 8 features is too short: ask for at least 10 samples"),
        ("synthetic-100000000001x1", "too large: ask for at most 100000000000 numbers"),
        ("synthetic-100x8-cond0", "condition number 0.0 is out of range: ask for 1 to 1e+10"),
        ("synthetic-100x8-cond0.99", "condition number 0.99 is out of range"),
        ("synthetic-100x8-cond99999999999", "condition number 99999999999.0 is out of range"),
        ("synthetic-100x8-cond" + "9" * 400, "condition number inf is out of range"),
        ("synthetic-100x1-cond10", "one feature can't have condition number 10: ask for 1"),
        ("synthetic-100x8-noise1000001", "noise 1000001.0 is out of range: ask for 0 to 1e+06"),
        ("synthetic-100x8-seed" + "9" * 20, "out of range: ask for 0 to 18446744073709551615"),
    ],
)
def test_impossible_workloads_are_refused(name: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        parse(name)


def test_the_smallest_workloads_are_allowed() -> None:
    assert parse("synthetic-10x8").n_samples == 10
    assert parse("synthetic-3x1").condition_number == 1


@pytest.mark.parametrize("noise", [-0.1, -math.inf, math.inf, math.nan])
def test_noise_is_finite_and_not_negative(noise: float) -> None:
    with pytest.raises(DataError, match=r"noise \S+ is out of range: ask for 0 to"):
        SyntheticSpec(100, 8, noise=noise)


@pytest.mark.parametrize("condition_number", [0.5, -10, math.inf, math.nan])
def test_the_condition_number_is_finite_and_at_least_one(condition_number: float) -> None:
    with pytest.raises(DataError, match=r"condition number \S+ is out of range: ask for 1 to"):
        SyntheticSpec(100, 8, condition_number=condition_number)


def test_the_sizes_are_positive() -> None:
    with pytest.raises(DataError, match="-5 samples"):
        SyntheticSpec(-5, 8)
    with pytest.raises(DataError, match="-8 features is empty"):
        SyntheticSpec(100, -8)


def test_the_seed_is_not_negative() -> None:
    with pytest.raises(DataError, match="seed -1 is out of range"):
        SyntheticSpec(100, 8, seed=-1)


def test_one_feature_needs_condition_number_one() -> None:
    with pytest.raises(DataError, match="one feature can't have condition number 10"):
        SyntheticSpec(100, 1)
