"""The pace: what is left is told from what was, and later processes make up for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.measure.protocol import Protocol
from bench.plan.duration import Pace, total_seconds
from bench.plan.rule import RULE
from bench.plan.tasks import Outcome, Pass, RunAsked, Setting, Task, estimate_key
from tests.run.fake_launcher import answer_of

TASKS = tuple(Task("bench_epoch", f"bench_epoch[{n}]", {}, "numpy cpu") for n in range(10))
REPLICATES = 5
LATER = 0.75


def asked() -> RunAsked:
    run = RunAsked(
        preset="quick",
        protocol=Protocol(epochs=2, seconds_per_case=0.1),
        tasks=TASKS,
        replicates=REPLICATES,
        order_seed=3,
        setting=Setting(),
        fingerprint={},
        estimates={
            estimate_key(task, replicate): seconds
            for task in TASKS
            for replicate, seconds in enumerate((1.0, LATER))
        },
    )
    return replace(run, announced_seconds=total_seconds(run))


def measured(pace: Pace, replicate: int, seconds: float) -> None:
    for task in TASKS:
        answer = answer_of(seconds / 24, n_rounds=12)  # half of it is timed work
        pace.add(Outcome(replicate, task.id, Pass.TIME, seconds, answer))


def test_the_estimate_is_all_processes_and_their_starts() -> None:
    assert total_seconds(asked()) == pytest.approx(
        10 * (1 + 4 * LATER) + 5 * RULE.launch_seconds
    )


def test_what_is_left_follows_how_the_estimates_have_held() -> None:
    pace = Pace(asked())
    assert pace.seconds_left() == asked().announced_seconds
    measured(pace, 0, 2.0)  # twice as long as estimated
    left = asked().announced_seconds - 10
    assert pace.seconds_left() == pytest.approx(2 * left)


def test_tasks_of_which_nothing_is_known_are_left_out() -> None:
    gpu = Task("bench_epoch", "bench_epoch[gpu]", {}, "numpy gpu")
    run = replace(asked(), tasks=(*TASKS, gpu))
    assert total_seconds(run) == total_seconds(asked()) + REPLICATES * RULE.launch_seconds
    pace, other = Pace(run), Pace(run)
    for one in (pace, other):
        measured(one, 0, 2.0)
    pace.add(Outcome(0, gpu.id, Pass.TIME, 1000.0, answer_of(40.0)))
    assert pace.seconds_left() == other.seconds_left()
    assert pace.seconds_per_case(1) == other.seconds_per_case(1)


def test_the_first_process_has_the_budget_that_was_asked_for() -> None:
    pace = Pace(asked())
    assert pace.seconds_per_case(0) == 0.1
    assert pace.seconds_per_case(1) == 0.1  # nothing is known yet


@pytest.mark.parametrize("seconds", [0.25, 0.9, 1.0, 1.1, 1.5, 5.0])
def test_later_processes_are_given_more_where_the_run_is_early_and_less_where_it_is_late(
    seconds: float,
) -> None:
    pace = Pace(asked())
    measured(pace, 0, seconds)
    budget = pace.seconds_per_case(1)
    assert 0.1 * RULE.min_budget_factor <= budget <= 0.1 * RULE.max_budget_factor
    if seconds < 1.0:
        assert budget > 0.1
    if seconds > 1.0:
        assert budget < 0.1
    # Where that is enough, the rest comes to what was announced: half of each case scales.
    if 0.1 * RULE.min_budget_factor < budget < 0.1 * RULE.max_budget_factor:
        left = pace.seconds_left()
        rest = left / 2 + left / 2 * budget / 0.1
        assert 10 * seconds + rest == pytest.approx(asked().announced_seconds)


def test_a_run_that_goes_on_knows_what_was_spent_before() -> None:
    begun = Pace(asked())
    measured(begun, 0, 1.5)
    outcomes = [
        Outcome(0, task.id, Pass.TIME, 1.5, answer_of(1.5 / 24, n_rounds=12)) for task in TASKS
    ]
    assert Pace(asked(), outcomes).seconds_left() == begun.seconds_left()
