"""The stopping rule, replayed on recorded times with known answers."""

from __future__ import annotations

from itertools import accumulate, repeat
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.measure.calibration import Stop, StoppingRule
from bench.measure.rounds import Instruments, Round, RoundTimer
from bench.measure.rule import RULE
from bench.stats.medians import relative_half_width

if TYPE_CHECKING:
    from collections.abc import Iterable


def replay(seconds: Iterable[float], rule: StoppingRule) -> tuple[int, Stop]:
    """Time rounds that take what was recorded; return how many, and why no more."""
    moments = accumulate(
        (step for one in seconds for step in (1.0, one, 0.0)), initial=0.0
    )  # before a round a second passes that must not count
    next(moments)
    timer = RoundTimer(lambda: None, Instruments(lambda: next(moments)))
    reason = timer.repeat(rule, lambda: timer.time([]))
    return len(timer.rounds), reason


def rule(**settings: float) -> StoppingRule:
    return StoppingRule(
        **{"target": 0.01, "budget_seconds": 1e9, "max_rounds": 10**6, **settings}  # type: ignore[arg-type]
    )


def test_equal_times_are_precise_at_the_fewest_rounds_that_are_ever_called_so() -> None:
    assert replay(repeat(0.5), rule()) == (RULE.min_precise_rounds, Stop.PRECISE)


def test_recorded_times_stop_where_the_interval_is_narrow_enough() -> None:
    # Alternating 0.9 and 1.1: the interval is ±10% at any length.
    assert replay([0.9, 1.1] * 50, rule(max_rounds=60))[1] is Stop.ROUNDS
    # 0.99 and 1.01: it is ±1%.
    assert replay([0.99, 1.01] * 50, rule(target=0.0101)) == (10, Stop.PRECISE)
    # Eight slow ones first: with n values, the slow ones are beyond the upper end of the
    # interval once its rank leaves eight above: at n = 27 by the binomial's table.
    assert replay([2.0] * 8 + [1.0] * 100, rule()) == (28, Stop.PRECISE)


def test_the_reached_precision_is_within_the_target_where_it_says_so() -> None:
    rng = np.random.default_rng(3)
    seconds = rng.lognormal(0.0, 0.05, 10_000).tolist()
    n, reason = replay(seconds, rule())
    assert reason is Stop.PRECISE
    assert relative_half_width(seconds[:n]) <= 0.01
    # About (1.96 x 1.2533 x 0.05 / 0.01)^2 = 151 rounds, by the median's asymptotic variance.
    assert 75 <= n <= 300


@pytest.mark.parametrize(("budget", "n"), [(0.4, 1), (0.5, 1), (0.51, 2), (3.9, 8)])
def test_the_budget_ends_it_with_the_round_that_reaches_it(budget: float, n: int) -> None:
    assert replay(repeat(0.5), rule(budget_seconds=budget)) == (n, Stop.BUDGET)


def test_the_last_look_is_at_the_precision_even_where_time_is_up() -> None:
    assert replay(repeat(0.5), rule(budget_seconds=5.0)) == (10, Stop.PRECISE)
    assert replay(repeat(0.5), rule(max_rounds=10)) == (10, Stop.PRECISE)


def test_so_many_rounds_are_timed_in_any_case() -> None:
    assert replay(repeat(0.5), rule(budget_seconds=0.1, min_rounds=7)) == (7, Stop.BUDGET)


def test_iterations_do_not_count_as_rounds() -> None:
    rounds = [Round(1.0, 1.0, 1000)] * 9
    assert rule().reason(rounds) is None
    assert rule().reason([*rounds, rounds[0]]) is Stop.PRECISE


def test_looking_again_and_again_does_not_make_the_interval_lie() -> None:
    """Stopped by the rule, the interval still holds the true median in 9 of 10 runs."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        seconds = rng.lognormal(0.0, 0.03, 2000)
        n, _ = replay(seconds.tolist(), rule(target=0.01))
        low, high = np.sort(seconds[:n])[[0, -1]]
        assert low <= 1.0 <= high
        middle = np.median(seconds[:n])
        held += abs(middle - 1.0) <= relative_half_width(seconds[:n].tolist()) * middle * 1.05
    assert held >= 270
