"""The interval of a median holds it as often as it says, whatever the distribution."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.medians import lower_rank, median_interval, relative_half_width
from bench.stats.rule import RULE

POSITIVE = st.lists(st.floats(1e-9, 1e3), min_size=6, max_size=60)


def below(n: int, rank: int) -> float:
    """P(binomial(n, 1/2) < rank), from the definition."""
    return float(sum(math.comb(n, k) for k in range(rank)) / 2**n)


@pytest.mark.parametrize("n", [6, 7, 8, 9, 10, 20, 37, 100, 500, RULE.normal_from - 1])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
def test_the_rank_is_the_largest_that_covers_enough(n: int, confidence: float) -> None:
    rank = lower_rank(n, confidence)
    if rank is None:
        assert 1 - 2 * below(n, 1) < confidence
        return
    assert 1 - 2 * below(n, rank) >= confidence
    assert 1 - 2 * below(n, rank + 1) < confidence


def test_from_a_thousand_on_the_rank_is_at_most_one_off() -> None:
    for n in (RULE.normal_from, RULE.normal_from + 1, 1500, 2000):
        rank = lower_rank(n)
        assert rank is not None
        at_most = itertools.accumulate(math.comb(n, k) for k in range(n))
        exact = next(k for k, ways in enumerate(at_most) if 40 * ways > 2**n)
        assert abs(rank - exact) <= 1


@pytest.mark.parametrize("n", range(6))
def test_fewer_than_six_values_give_no_interval_at_95_percent(n: int) -> None:
    assert median_interval([1.0] * n) is None
    assert relative_half_width([1.0] * n) == math.inf if n else True


def test_six_values_reach_from_the_lowest_to_the_highest() -> None:
    assert median_interval([3.0, 1.0, 2.0, 6.0, 5.0, 4.0]) == (1.0, 6.0)
    assert relative_half_width([3.0, 1.0, 2.0, 6.0, 5.0, 4.0]) == 2.5 / 3.5


@given(POSITIVE)
def test_the_interval_holds_the_median_of_the_values_and_does_not_depend_on_their_order(
    values: list[float],
) -> None:
    interval = median_interval(values)
    assert interval is not None
    assert interval[0] <= statistics.median(values) <= interval[1]
    assert median_interval(values[::-1]) == interval
    assert {*interval} <= {*values}


@given(POSITIVE, st.floats(0.5, 2.0))
def test_the_relative_half_width_does_not_depend_on_the_unit(
    values: list[float], factor: float
) -> None:
    scaled = relative_half_width([factor * value for value in values])
    assert scaled == pytest.approx(relative_half_width(values), rel=1e-9)


@pytest.mark.parametrize("draw", ["normal", "lognormal", "two clocks"])
@pytest.mark.parametrize("n", [6, 15, 60])
def test_it_covers_the_true_median_as_often_as_it_says(draw: str, n: int) -> None:
    rng = np.random.default_rng(17)
    held = 0
    for _ in range(2000):
        if draw == "normal":
            values, median = 1 + 0.1 * rng.standard_normal(n), 1.0
        elif draw == "lognormal":
            values, median = np.exp(rng.standard_normal(n)), 1.0
        else:  # a machine that is slower for a while: 60% at 1, the rest at 1.3
            slow = rng.random(n) < 0.4
            values = np.where(slow, 1.3, 1.0) + 0.01 * rng.standard_normal(n)
            # 5/6 of the fast ones lie below the median: its quantile of the first normal
            median = 1.0 + 0.01 * statistics.NormalDist().inv_cdf(5 / 6)
        interval = median_interval(values.tolist())
        assert interval is not None
        held += interval[0] <= median <= interval[1]
    assert held / 2000 >= 0.94
