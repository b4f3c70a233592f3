from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.compare.stored import LEVEL, judge
from bench.stats.verdict import Verdict

STEADY = [1.000, 1.002, 0.999, 1.001, 0.998]
MEDIANS = st.lists(st.floats(0.5, 2.0), min_size=1, max_size=6)
PAIRS = st.lists(st.tuples(MEDIANS, MEDIANS), min_size=1, max_size=8)
OPPOSITE = {Verdict.SLOWER: Verdict.FASTER, Verdict.FASTER: Verdict.SLOWER}
MARGIN = 0.015


def judged(
    before: list[list[float]], now: list[list[float]], margin: float = MARGIN
) -> list[Verdict]:
    return judge(before, now, np.full(len(before), margin)).verdict


def times(factor: float) -> list[float]:
    return [factor * seconds for seconds in STEADY]


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [
        (1.05, Verdict.SLOWER),
        (1 / 1.05, Verdict.FASTER),
        (1.0, Verdict.SAME),
        (1.01, Verdict.SAME),
        (1.015, Verdict.UNCLEAR),
    ],
)
def test_what_changes_beyond_the_margin_is_told(factor: float, verdict: Verdict) -> None:
    assert judged([STEADY], [times(factor)]) == [verdict]


def test_each_case_has_its_own_margin() -> None:
    found = judge([STEADY] * 2, [times(1.03)] * 2, np.array([0.015, 0.05]))
    assert found.verdict == [Verdict.SLOWER, Verdict.SAME]


def test_the_p_value_is_welchs_against_the_margin() -> None:
    """A single case is slower exactly where SciPy's own test against the margin says so."""
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(200):
        before, now = rng.normal(0, 0.02, 4), rng.normal(0.045, 0.01, 6)
        test = stats.ttest_ind(
            now - math.log1p(MARGIN), before, equal_var=False, alternative="greater"
        )
        (verdict,) = judged([list(np.exp(before))], [list(np.exp(now))])
        assert (verdict is Verdict.SLOWER) == (test.pvalue <= LEVEL)
        seen.add(verdict)
    assert seen == {Verdict.SLOWER, Verdict.UNCLEAR}


def test_a_single_case_is_slower_exactly_where_its_interval_is_beyond_the_margin() -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        now = list(np.exp(rng.normal(0.03, 0.01, 4)))
        found = judge([STEADY], [now], np.array([MARGIN]))
        assert (found.verdict[0] is Verdict.SLOWER) == (found.low[0] > 1 + MARGIN)
        assert bool(found.alone[0]) == (found.low[0] > 1 + MARGIN)


def test_among_many_that_are_the_same_it_takes_more() -> None:
    """Of one that is slower on its own by a hair, among 200 that are not, nothing is said."""
    hair = times(1.018)
    assert judged([STEADY], [hair]) == [Verdict.SLOWER]
    found = judge([STEADY] * 201, [*[times(1.0)] * 200, hair], np.full(201, MARGIN))
    assert found.verdict[-1] is Verdict.UNCLEAR
    assert bool(found.alone[-1])
    assert judged([STEADY] * 201, [*[times(1.0)] * 200, times(1.05)])[-1] is Verdict.SLOWER


def test_identical_code_is_seldom_called_slower() -> None:
    """Over 60 comparisons of 100 cases: 1 in 1000, where 2.5% would be without a margin."""
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(60):
        before, now = (np.exp(rng.normal(0, 0.02, (100, 5))).tolist() for _ in range(2))
        wrong += judged(before, now).count(Verdict.SLOWER)
    assert wrong <= 6


def test_one_process_says_nothing() -> None:
    for before, now in (([1.0], [9.0]), ([1.0], times(9)), (STEADY, [9.0])):
        found = judge([before], [now], np.array([MARGIN]))
        assert found.verdict == [Verdict.UNCLEAR]
        assert not found.confirmed[0]
        assert math.isnan(found.low[0])


def test_each_half_of_the_processes_has_to_show_it() -> None:
    before = STEADY * 4
    # Slower on the whole, but the earlier half is within the margin.
    late = [*times(1.01), *times(1.01), *times(1.06), *times(1.06)]
    for now in (late, late[::-1]):
        found = judge([before], [now], np.array([MARGIN]))
        assert found.verdict == [Verdict.SLOWER]
        assert not found.confirmed[0]
    assert judge([before], [times(1.06) * 4], np.array([MARGIN])).confirmed[0]


def test_what_is_unclear_is_never_confirmed() -> None:
    found = judge([[1.0, 1.4]], [[2.0, 2.8]], np.array([MARGIN]))
    assert found.verdict == [Verdict.UNCLEAR]
    assert not found.confirmed[0]


def test_the_halves_go_by_the_order_of_the_processes() -> None:
    drifting = [1.0, 1.0, 1.1, 1.1]
    found = judge([drifting], [times(1.06)], np.array([MARGIN]))
    assert not found.confirmed[0]


def test_a_faster_one_is_confirmed_by_halves_that_are_faster() -> None:
    found = judge([STEADY], [times(0.9)], np.array([MARGIN]))
    assert found.verdict == [Verdict.FASTER]
    assert found.confirmed[0]


def test_medians_that_are_all_the_same_leave_no_doubt() -> None:
    assert judged([[1.0, 1.0]], [[1.1, 1.1]]) == [Verdict.SLOWER]
    assert judged([[1.0, 1.0]], [[1.0, 1.0]]) == [Verdict.SAME]
    assert judged([[1.0, 1.0]], [[0.9, 0.9]]) == [Verdict.FASTER]


def test_a_time_of_zero_and_no_case_at_all() -> None:
    found = judge([[0.0, 1.0]], [[1.0, 1.0]], np.array([MARGIN]))
    assert found.verdict == [Verdict.UNCLEAR]
    assert judge([], [], np.array([])).verdict == []


@given(PAIRS)
def test_nothing_is_slower_or_faster_than_itself(
    pairs: list[tuple[list[float], list[float]]],
) -> None:
    sides = [before for before, _ in pairs]
    assert not {Verdict.SLOWER, Verdict.FASTER} & set(judged(sides, sides))


@given(PAIRS)
def test_swapping_the_sides_swaps_slower_and_faster(
    pairs: list[tuple[list[float], list[float]]],
) -> None:
    before, now = ([pair[side] for pair in pairs] for side in (0, 1))
    margins = np.full(len(pairs), MARGIN)
    there, back = judge(before, now, margins), judge(now, before, margins)
    assert back.verdict == [OPPOSITE.get(one, one) for one in there.verdict]
    assert back.confirmed.tolist() == there.confirmed.tolist()


@given(PAIRS, st.randoms())
def test_the_order_of_cases_changes_nothing(
    pairs: list[tuple[list[float], list[float]]], random: np.random.Generator
) -> None:
    order = list(range(len(pairs)))
    random.shuffle(order)
    before, now = ([pair[side] for pair in pairs] for side in (0, 1))
    found = judged(before, now)
    shuffled = judged([before[at] for at in order], [now[at] for at in order])
    assert shuffled == [found[at] for at in order]


@given(PAIRS)
def test_no_verdict_of_a_change_without_two_processes_a_side(
    pairs: list[tuple[list[float], list[float]]],
) -> None:
    before, now = ([pair[side] for pair in pairs] for side in (0, 1))
    for one, other, verdict in zip(before, now, judged(before, now), strict=True):
        if min(len(one), len(other)) < 2:
            assert verdict is Verdict.UNCLEAR


def test_runs_that_share_their_conditions_are_compared_process_by_process() -> None:
    """Layouts differ by 10%, the two of each by the change and a little: only pairs tell it."""
    layouts = [1.0, 1.1, 0.95, 1.05, 1.02]
    now = [seconds * factor for seconds, factor in zip(times(1.05), layouts, strict=True)]
    assert judged([layouts], [now]) == [Verdict.UNCLEAR]
    found = judge([layouts], [now], np.array([MARGIN]), [True])
    assert found.verdict == [Verdict.SLOWER]
    assert found.confirmed.all()
    test = stats.ttest_rel(np.log(now), np.log(layouts)).confidence_interval(0.95)
    assert np.log([found.low[0], found.high[0]]) == pytest.approx([test.low, test.high])


def test_a_bias_of_single_layouts_is_within_the_interval() -> None:
    """Of two codes each lies otherwise in each layout: what differs by layout is no change."""
    rng = np.random.default_rng(4)
    cases = [np.exp(rng.normal(0, 0.01, (2, 5))) for _ in range(1000)]
    alone = [
        judge([before.tolist()], [now.tolist()], np.array([0.01]), [True]).verdict[0]
        for before, now in cases
    ]
    assert alone.count(Verdict.SLOWER) <= 25
