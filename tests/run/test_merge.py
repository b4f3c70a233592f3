"""Merging processes: all raw data kept, both spreads told, rates recomputed."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.machine.conditions import Conditions
from bench.measure.protocol import Protocol
from bench.plan.tasks import Cause, Outcome, Pass, RunAsked, Setting, Task
from bench.run.merging import benchmark, document
from bench.stats.medians import fifth_percentile
from bench.stats.processes import spread
from tests.run.fake_launcher import answer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

TASK = Task("bench_epoch", "bench_epoch[a]", {"name": "a"}, "numpy cpu")
TIMES = st.lists(
    st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=20), min_size=1, max_size=6
)


def outcome(replicate: int, rounds: Sequence[float], **facts: Any) -> Outcome:
    answer = answer_of(statistics.median(rounds))
    answer["rounds"] = [(one / 2, one, 1) for one in rounds]
    answer["facts"] |= {"enqueued_data": [one / 2 for one in rounds], **facts}
    return Outcome(replicate, TASK.id, Pass.TIME, 2.0, answer)


@given(TIMES)
def test_every_round_of_every_process_is_kept_and_can_be_told_apart(
    times: list[list[float]],
) -> None:
    merged = benchmark(TASK, [outcome(n, rounds) for n, rounds in enumerate(times)])
    data = merged["stats"]["data"]
    parts = merged["extra_info"]["processes"]
    assert [data[slice(*part["rounds"])] for part in parts] == times
    assert [part["median"] for part in parts] == [statistics.median(one) for one in times]
    assert [part["fifth_percentile"] for part in parts] == [
        fifth_percentile(one) for one in times
    ]
    assert merged["stats"]["median"] == statistics.median(data)
    assert merged["extra_info"]["seconds_per_epoch"] == statistics.median(data)
    assert merged["extra_info"]["samples_per_second"] == pytest.approx(
        100 / statistics.median(data)
    )
    assert merged["extra_info"]["enqueued_data"] == [one / 2 for one in data]


@given(TIMES)
def test_the_order_of_the_processes_does_not_decide_any_statistic(
    times: list[list[float]],
) -> None:
    told, backwards = spread(times), spread(times[::-1])
    assert told.median == backwards.median
    assert told.interval == backwards.interval
    assert told.between == backwards.between


def test_both_spreads_are_told() -> None:
    # Each process is sure of itself; together they are not.
    times = [[1.0] * 20, [1.1] * 20, [1.2] * 20]
    facts = benchmark(TASK, [outcome(n, one) for n, one in enumerate(times)])["extra_info"]
    assert [part["half_width"] for part in facts["processes"]] == [0.0] * 3
    assert facts["between_interval"] == [1.0, 1.2]
    assert facts["between_half_width"] == pytest.approx(0.1 / 1.1)
    assert facts["between_confidence"] == 0.75
    assert facts["interval"] == [1.1, 1.1]


@pytest.mark.parametrize(("n", "confidence"), [(2, 0.5), (3, 0.75), (5, 0.9375), (6, 0.95)])
def test_the_range_of_few_processes_says_what_it_covers(n: int, confidence: float) -> None:
    assert spread([[1.0 + 0.1 * k] for k in range(n)]).between_confidence == confidence


def test_one_process_has_nothing_between() -> None:
    alone = spread([[1.0, 2.0]])
    assert (alone.between, alone.between_half_width, alone.between_confidence) == (None,) * 3


def test_marks_are_numbered_through_all_processes() -> None:
    outcomes = [
        outcome(0, [1.0] * 3, marks={"steal": [2]}, disturbed_rounds=1),
        outcome(1, [1.0] * 4, marks={"steal": [0], "preempted": [0, 3]}, disturbed_rounds=2),
    ]
    facts = benchmark(TASK, outcomes)["extra_info"]
    assert facts["marks"] == {"steal": [2, 3], "preempted": [3, 6]}
    assert facts["disturbed_rounds"] == 3
    assert facts["untrusted"] is False


def test_most_rounds_of_all_processes_decide_what_is_untrusted() -> None:
    outcomes = [
        outcome(0, [1.0] * 2, disturbed_rounds=2, untrusted=True),
        outcome(1, [1.0] * 8, disturbed_rounds=0),
    ]
    assert benchmark(TASK, outcomes)["extra_info"]["untrusted"] is False
    outcomes[1] = outcome(1, [1.0] * 8, disturbed_rounds=4)
    assert benchmark(TASK, outcomes)["extra_info"]["untrusted"] is True


@pytest.mark.parametrize(
    ("reasons", "times", "stopped"),
    [
        (("precise", "precise"), ([1.0] * 10, [1.0] * 10), "precise"),
        # Each was precise; together they are not.
        (("precise", "precise"), ([1.0] * 10, [1.5] * 10), "precise"),
        (("budget", "precise"), ([1.0, 1.5] * 5, [1.0] * 3), "budget"),
        # None was precise; together they are.
        (("budget", "budget"), ([1.0] * 5, [1.0] * 5), "precise"),
    ],
)
def test_why_there_are_no_more_rounds(
    reasons: tuple[str, str], times: tuple[list[float], list[float]], stopped: str
) -> None:
    outcomes = [
        outcome(n, rounds, stopped=reason)
        for n, (rounds, reason) in enumerate(zip(times, reasons, strict=True))
    ]
    assert benchmark(TASK, outcomes)["extra_info"]["stopped"] == stopped


def asked(*tasks: Task) -> RunAsked:
    return RunAsked(
        preset="quick",
        protocol=Protocol(epochs=2, seconds_per_case=0.1),
        tasks=tasks,
        replicates=2,
        order_seed=3,
        setting=Setting(),
        fingerprint={"cpu_model": "Example CPU"},
    )


def failure(replicate: int, cause: Cause) -> Outcome:
    return Outcome(replicate, TASK.id, Pass.TIME, 1.0, None, cause, f"{cause.value}: so it was")


def test_a_case_that_one_process_lost_has_the_others_and_an_incident() -> None:
    written = document(asked(TASK), [failure(0, Cause.HANG), outcome(1, [1.0])], complete=True)
    assert [one["name"] for one in written["benchmarks"]] == [TASK.id]
    assert written["bench"]["failed"] == []
    assert written["bench"]["incidents"] == [
        {
            "id": TASK.id,
            "process": 0,
            "pass": "time",
            "cause": "hang",
            "message": "hang: so it was",
        }
    ]


def test_a_case_that_is_wrong_in_one_process_has_no_number() -> None:
    written = document(asked(TASK), [outcome(0, [1.0]), failure(1, Cause.WRONG)], complete=True)
    assert written["benchmarks"] == []
    assert [one["reason"] for one in written["bench"]["failed"]] == ["wrong: so it was"]


def test_a_case_that_was_not_reached_is_neither_measured_nor_failed() -> None:
    written = document(asked(TASK), [], complete=False)
    assert written["benchmarks"] == written["bench"]["failed"] == []
    assert written["bench"]["status"] == "interrupted"


def test_what_a_run_was_asked_for_reads_back_as_written() -> None:
    memory = Task("bench_epoch", TASK.id, TASK.params, TASK.group, {"A": "b"}, Pass.MEMORY)
    run = asked(TASK, memory)
    for conditions in (None, Conditions(3, (0, 1))):
        told = replace(run, conditions=conditions)
        assert RunAsked.from_json(json.loads(json.dumps(told.to_json()))) == told


def test_each_process_tells_where_it_was_started() -> None:
    conditions = Conditions(3, (0, 1))
    outcomes = [outcome(n, [1.0, 2.0]) for n in (0, 2)]
    merged = benchmark(TASK, outcomes, conditions=conditions)
    for process in merged["extra_info"]["processes"]:
        place = conditions.place(process["replicate"])
        assert (process["cpus"], process["layout"]) == (place.cpus, place.layout)
    as_is = benchmark(TASK, outcomes)["extra_info"]["processes"]
    assert not any({"cpus", "layout"} & process.keys() for process in as_is)
