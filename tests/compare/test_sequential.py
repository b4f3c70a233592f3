"""How many pairs a case gets, and what is said of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.compare.paired import Contest, look, pairs_left, replay
from bench.compare.rule import RULE
from bench.stats.verdict import Verdict

MARGIN = 0.015


def drawn(ratio: float, spread: float, seed: int, n: int = RULE.most_pairs) -> list[float]:
    rng = np.random.default_rng(seed)
    return list(math.log(ratio) + spread * rng.standard_normal(n))


def shares(ratio: float, spread: float, n: int = 200) -> dict[Verdict | None, float]:
    said = [replay(drawn(ratio, spread, seed), MARGIN).verdict for seed in range(n)]
    return {verdict: said.count(verdict) / n for verdict in Verdict}


def test_identical_code_is_the_same_and_never_slower() -> None:
    found = shares(1.0, 0.015)
    assert found[Verdict.SAME] >= 0.95
    assert found[Verdict.SLOWER] == found[Verdict.FASTER] == 0


def test_a_slowdown_of_three_percent_is_found() -> None:
    assert shares(1.03, 0.015)[Verdict.SLOWER] >= 0.95
    assert shares(1 / 1.03, 0.015)[Verdict.FASTER] >= 0.95


def test_noise_alone_makes_nothing_slower() -> None:
    """Half of the processes 40% slower than the others, on either side alike."""
    rng = np.random.default_rng(3)
    said = [
        replay(list(0.34 * (rng.integers(0, 2, 60) - rng.integers(0, 2, 60))), MARGIN).verdict
        for _ in range(150)
    ]
    assert said.count(Verdict.SLOWER) + said.count(Verdict.FASTER) <= 2
    assert said.count(Verdict.UNCLEAR) >= 25


def test_it_stops_at_the_first_look_where_nothing_differs() -> None:
    assert replay([0.001, -0.001] * 30, MARGIN).n_pairs == RULE.first_look


def test_a_case_that_is_far_beyond_the_margin_is_told_at_once() -> None:
    found = replay([0.05, 0.051] * 30, MARGIN)
    assert found.verdict is Verdict.SLOWER
    assert found.n_pairs <= RULE.first_look + RULE.pairs_between_looks


def test_of_cases_at_the_margin_few_are_called_the_same_however_often_one_looks() -> None:
    found = shares(1 + MARGIN, 0.01)
    assert found[Verdict.SAME] <= 0.09  # 5% at most, four standard deviations of room
    assert found[Verdict.SLOWER] <= 0.06


def test_too_few_pairs_are_unclear() -> None:
    assert replay([0.05] * 5, MARGIN, 5).verdict is Verdict.UNCLEAR


def test_pairs_without_a_number_are_passed_over() -> None:
    found = replay([math.nan, *[0.001, -0.001] * 5], MARGIN)
    assert found.verdict is Verdict.SAME


def test_many_unchanged_cases_make_it_harder_to_flag_one() -> None:
    """At eight pairs a p-value can't be below 1.9^-8: enough for one case, not for fifty."""

    def flagged(n_others: int) -> Verdict | None:
        others = [Contest(MARGIN, drawn(1.0, 0.05, seed, 8)) for seed in range(n_others)]
        one = Contest(MARGIN, [0.05, 0.051] * 4)
        look([one, *others])
        return one.verdict

    assert flagged(0) is Verdict.SLOWER
    assert flagged(50) is None


@given(st.lists(st.floats(-0.2, 0.2), min_size=6, max_size=40))
def test_swapping_the_sides_swaps_the_verdict(differences: list[float]) -> None:
    swapped = {Verdict.SLOWER: Verdict.FASTER, Verdict.FASTER: Verdict.SLOWER}
    one = replay(differences, MARGIN).verdict
    other = replay([-d for d in differences], MARGIN).verdict
    assert one is not None
    assert other is swapped.get(one, one)


@pytest.mark.parametrize(("spread", "fewest", "most"), [(0.001, 0, 8), (0.1, 40, 60)])
def test_the_forecast_grows_with_the_noise(spread: float, fewest: int, most: int) -> None:
    contest = Contest(MARGIN, drawn(1.0, spread, 4, 7))
    assert fewest <= pairs_left(contest, RULE.most_pairs) <= most
    contest.verdict = Verdict.SAME
    assert pairs_left(contest, RULE.most_pairs) == 0
