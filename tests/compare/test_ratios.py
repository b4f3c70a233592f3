from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.compare.ratios import Intervals, log_medians, of_processes, of_rounds
from bench.stats.medians import median_interval

SECONDS = st.floats(1e-7, 1e3)
MEDIANS = st.lists(SECONDS, min_size=2, max_size=8)


def times(seconds: float, low: float, high: float) -> Intervals:
    return Intervals(*(np.array([one]) for one in (seconds, low, high)))


@st.composite
def intervals(draw: st.DrawFn) -> Intervals:
    low, seconds, high = sorted(draw(st.tuples(SECONDS, SECONDS, SECONDS)))
    return times(seconds, low, high)


def test_the_interval_of_several_processes_is_welchs() -> None:
    # By hand: logs -1, 0, 4 (mean 1, variance 7) and 1, 2, 3 (mean 2, variance 1).
    logarithms = ([-1, 0, 4], [1, 2, 3])
    side, base = (log_medians([[math.exp(x) for x in logs]]) for logs in logarithms)
    found = of_processes(side, base)
    squared = 7 / 3 + 1 / 3
    dof = squared**2 / ((7 / 3) ** 2 / 2 + (1 / 3) ** 2 / 2)
    assert dof == pytest.approx(2.56)
    t = 3.515  # Student's 97.5% there, between 4.303 at 2 and 3.182 at 3
    assert found.value[0] == pytest.approx(math.exp(-1))
    width = math.log(found.high[0] / found.value[0])
    assert width == pytest.approx(t * math.sqrt(squared), rel=0.01)
    assert width == pytest.approx(math.log(found.value[0] / found.low[0]))


def test_two_processes_have_one_degree_of_freedom() -> None:
    side, base = (log_medians([[1.0, math.exp(x)]]) for x in (2.0, 0.0))
    found = of_processes(side, base)
    assert math.log(found.high[0] / found.value[0]) == pytest.approx(12.706, rel=1e-3)


def test_the_interval_of_rounds_is_put_together_from_both() -> None:
    found = of_rounds(times(3.0, 2.7, 3.6), times(2.0, 1.9, 2.2))
    down = math.hypot(math.log(3 / 2.7), math.log(2.2 / 2))
    up = math.hypot(math.log(3.6 / 3), math.log(2 / 1.9))
    assert found.value[0] == pytest.approx(1.5)
    assert found.low[0] == pytest.approx(1.5 * math.exp(-down))
    assert found.high[0] == pytest.approx(1.5 * math.exp(up))


@given(MEDIANS, MEDIANS)
def test_swapping_the_sides_of_processes_inverts_ratio_and_interval(
    one: list[float], other: list[float]
) -> None:
    there = of_processes(log_medians([one]), log_medians([other]))
    back = of_processes(log_medians([other]), log_medians([one]))
    assert back.value[0] == pytest.approx(1 / there.value[0])
    with np.errstate(divide="ignore", over="ignore"):
        np.testing.assert_allclose(back.low, 1 / there.high)
        np.testing.assert_allclose(back.high, 1 / there.low)


@given(intervals(), intervals())
def test_swapping_the_sides_of_rounds_inverts_ratio_and_interval(
    one: Intervals, other: Intervals
) -> None:
    there, back = of_rounds(one, other), of_rounds(other, one)
    for name, opposite in (("value", "value"), ("low", "high"), ("high", "low")):
        assert getattr(back, name)[0] == pytest.approx(1 / getattr(there, opposite)[0])


@given(MEDIANS)
def test_the_same_against_itself_is_1_and_never_excludes_it(medians: list[float]) -> None:
    same = of_processes(log_medians([medians]), log_medians([medians]))
    assert same.value[0] == 1
    assert same.low[0] <= 1 <= same.high[0]


@given(intervals())
def test_rounds_against_themselves_are_1(one: Intervals) -> None:
    same = of_rounds(one, one)
    assert same.value[0] == 1
    assert same.low[0] <= 1 <= same.high[0]


def test_equal_medians_leave_no_width_and_no_warning() -> None:
    found = of_processes(log_medians([[2.0, 2.0]]), log_medians([[1.0, 1.0, 1.0]]))
    assert (found.value[0], found.low[0], found.high[0]) == pytest.approx((2, 2, 2))


def test_what_is_not_known_has_no_ratio_or_no_interval() -> None:
    medians = log_medians([[1.0], [], [0.0, 1.0], [1.0, 2.0]])
    found = of_processes(medians, medians)
    assert np.isfinite(found.low).tolist() == [False, False, False, True]
    nothing = of_rounds(times(1.0, math.nan, math.nan), times(2.0, 1.9, 2.1))
    assert nothing.value[0] == 0.5
    assert math.isnan(nothing.low[0])
    assert math.isnan(nothing.high[0])
    zero = of_rounds(times(1.0, 0.9, 1.1), times(0.0, 0.0, 0.0))
    assert math.isnan(zero.value[0])
    assert math.isnan(of_rounds(times(1.0, 0.0, 1.1), times(1.0, 0.9, 1.1)).low[0])


@pytest.mark.parametrize(("n_side", "n_base"), [(5, 5), (3, 8), (2, 5), (2, 2)])
@pytest.mark.parametrize("spread", [0.01, 0.3])
def test_the_interval_of_processes_holds_the_truth_as_often_as_it_says(
    n_side: int, n_base: int, spread: float
) -> None:
    # The side's processes wander three times as far as the baseline's.
    numbers = np.random.default_rng(20261122)
    side = np.exp(math.log(1.2) + 3 * spread * numbers.standard_normal((4000, n_side)))
    base = np.exp(spread * numbers.standard_normal((4000, n_base)))
    found = of_processes(log_medians(side.tolist()), log_medians(base.tolist()))
    held = np.mean((found.low <= 1.2) & (found.high >= 1.2))
    assert 0.93 <= held <= (0.99 if min(n_side, n_base) > 2 else 0.999)


def test_the_interval_of_rounds_holds_the_truth_where_rounds_are_all_there_is() -> None:
    numbers = np.random.default_rng(20261122)

    def drawn(middle: float) -> Intervals:
        rounds = middle * numbers.lognormal(sigma=0.2, size=(1500, 25))
        ends = np.array([median_interval(row) for row in rounds.tolist()])
        return Intervals(np.median(rounds, axis=1), ends[:, 0], ends[:, 1])

    found = of_rounds(drawn(1.2), drawn(1.0))
    assert 0.93 <= np.mean((found.low <= 1.2) & (found.high >= 1.2)) <= 0.99


def test_the_interval_of_rounds_is_too_narrow_where_processes_differ() -> None:
    # Why processes are used where there are any: each shifts all its rounds.
    numbers = np.random.default_rng(20261122)

    def drawn() -> tuple[Intervals, list[list[float]]]:
        shifts = numbers.normal(scale=0.05, size=(1500, 5, 1))
        rounds = np.exp(shifts + numbers.normal(scale=0.01, size=(1500, 5, 10)))
        pooled = rounds.reshape(1500, 50)
        ends = np.array([median_interval(row) for row in pooled.tolist()])
        medians = np.median(rounds, axis=2)
        return Intervals(np.median(pooled, axis=1), ends[:, 0], ends[:, 1]), medians.tolist()

    (side, of_side), (base, of_base) = drawn(), drawn()
    by_rounds = of_rounds(side, base)
    by_processes = of_processes(log_medians(of_side), log_medians(of_base))
    assert np.mean((by_rounds.low <= 1) & (by_rounds.high >= 1)) < 0.9
    assert np.mean((by_processes.low <= 1) & (by_processes.high >= 1)) >= 0.93
