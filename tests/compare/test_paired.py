"""Ratios from pairs of processes: their intervals hold what they should."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.compare.paired import estimate, outer_rank, p_above

FINITE = st.floats(-1.0, 1.0)


def test_the_rank_is_that_of_the_exact_distribution() -> None:
    """Counted by writing every pattern of signs down."""
    for n in range(1, 11):
        sums = [
            sum(rank for rank, sign in enumerate(signs, 1) if sign)
            for signs in product((0, 1), repeat=n)
        ]
        rank = 0
        while sum(one <= rank for one in sums) / 2**n <= 0.025:
            rank += 1
        assert outer_rank(n) == (rank or None)


def test_six_pairs_are_the_fewest_for_an_interval() -> None:
    assert outer_rank(5) is None
    assert estimate([0.1] * 5).high == math.inf
    found = estimate([0.01, 0.02, 0.03, 0.04, 0.05, 0.06])
    assert (found.low, found.high) == pytest.approx((math.exp(0.01), math.exp(0.06)))
    assert found.ratio == pytest.approx(math.exp(0.035))


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """With tails so heavy that a mean would not settle."""
    rng = np.random.default_rng(1)
    for n in (8, 20):
        held = 0
        for _ in range(1000):
            found = estimate(math.log(1.03) + 0.02 * rng.standard_t(2, n))
            held += found.low <= 1.03 <= found.high
        assert held >= 930  # 950 expected at least; six standard deviations of room below


def test_one_spoilt_pair_in_five_moves_it_little() -> None:
    clean = np.linspace(-0.01, 0.01, 16)
    spoilt = np.concatenate([clean, np.full(4, 2.0)])
    assert estimate(spoilt).ratio < 1.02


@given(st.lists(FINITE, min_size=6, max_size=30))
def test_swapping_the_sides_inverts_the_ratio(differences: list[float]) -> None:
    one, other = estimate(differences), estimate([-d for d in differences])
    assert one.ratio == pytest.approx(1 / other.ratio)
    assert one.low == pytest.approx(1 / other.high)


@given(st.lists(FINITE, min_size=6, max_size=30))
def test_the_order_of_the_pairs_does_not_matter(differences: list[float]) -> None:
    shuffled = sorted(differences)
    assert estimate(shuffled).low == pytest.approx(estimate(differences).low)


def test_the_test_agrees_with_the_interval() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        differences = 0.01 + 0.02 * rng.standard_normal(12)
        found = estimate(differences)
        for ratio in (found.low * 0.999, found.low * 1.001):
            above = p_above(differences, ratio) <= 0.025
            assert above == (ratio < found.low)


def test_the_test_is_wilcoxons() -> None:
    rng = np.random.default_rng(3)
    for n in (6, 11, 40):
        differences = rng.standard_normal(n) + 0.3
        expected = stats.wilcoxon(differences, alternative="greater", method="exact").pvalue
        assert p_above(differences, 1.0) == pytest.approx(expected)


def test_equal_pairs_show_nothing() -> None:
    assert p_above([0.0] * 12, 1.0) == 1.0
