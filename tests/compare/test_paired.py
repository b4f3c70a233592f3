"""Ratios from pairs of processes: their intervals hold what they should."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.compare.paired import estimate, outer_rank, p_above
from bench.compare.rule import RULE

FINITE = st.floats(-1.0, 1.0)
SCALE = 0.01


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


@given(st.lists(FINITE, min_size=1, max_size=30), st.floats(-0.1, 0.1))
def test_each_bet_is_fair(differences: list[float], edge: float) -> None:
    """A difference and its mirror image at the edge pay as much as they cost, on average."""
    mirrored = [2 * edge - one for one in differences]
    for more in (differences[0], 2 * edge - differences[0]):
        assert 0 <= p_above([more], edge, SCALE) <= 1
    capital = [
        np.mean([_capital([one], edge, stake) for one in (differences[0], mirrored[0])])
        for stake in RULE.stakes
    ]
    assert capital == pytest.approx([1.0] * len(RULE.stakes))


def _capital(differences: list[float], edge: float, stake: float) -> float:
    beyond = (np.array(differences) - edge) / SCALE
    return float(np.prod(1 + RULE.largest_bet * np.tanh(stake * beyond)))


def test_looking_after_every_pair_finds_no_more_than_it_may() -> None:
    """At the edge itself, with tails so heavy that a mean would not settle."""
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(400):
        differences = 0.01 + 0.01 * rng.standard_t(2, 60)
        found += any(p_above(differences[:n], 0.01, SCALE) <= 0.05 for n in range(1, 61))
    assert found <= 36  # 20 expected at most; four standard deviations of room above


def test_a_change_is_found_and_one_pair_astray_does_not_hide_it() -> None:
    clear = [0.03, 0.031, 0.029, 0.03, 0.032, 0.03]
    assert p_above(clear, 0.01, SCALE) < 0.05
    assert p_above([*clear, *clear, -5.0], 0.01, SCALE) < 0.05
    assert p_above([-one for one in clear], 0.01, SCALE) == 1.0


def test_thousands_of_pairs_have_a_p_value_too() -> None:
    assert p_above([0.5] * 10_000, 0.01, SCALE) == 0.0
    assert p_above([-0.5] * 10_000, 0.01, SCALE) == 1.0


def test_equal_pairs_show_nothing() -> None:
    assert p_above([0.0] * 12, 0.0, SCALE) == 1.0
