"""Puts what several processes measured into one run file."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

import pytest_benchmark
from pytest_benchmark.plugin import pytest_benchmark_generate_machine_info
from pytest_benchmark.stats import Stats

from bench.machine import fingerprint
from bench.machine.conditions import Conditions
from bench.machine.telemetry import is_untrusted
from bench.measure.calibration import Stop
from bench.plan.tasks import Cause, Outcome, Pass, RunAsked, Task
from bench.run.checkout import commit_info
from bench.stats.medians import fifth_percentile
from bench.stats.processes import Spread, spread
from bench.store.files import FORMAT

# Puts what several processes measured of a case into one benchmark of the run file.


#: Facts that are the median of the rounds under another name …
SECONDS = ("seconds_per_epoch", "seconds_per_step", "seconds_per_update", "seconds_per_run")
#: … and those that are something over that median.
RATES = (
    "samples_per_second",
    "moved_bytes_per_second",
    "flops_per_second",
    "useful_bytes_per_second",
)
#: Facts that differ from process to process.
OF_A_PROCESS = ("warm_up", "gate", "overhead", "overhead_share", "stopped", "telemetry")


def benchmark(
    task: Task,
    outcomes: Sequence[Outcome],
    memory: Mapping[str, Any] | None = None,
    conditions: Conditions | None = None,
) -> dict[str, Any]:
    """Merge the measurements of a case.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Those of the timing pass that have an answer; at least one.
    memory : mapping, optional
        What the memory pass found.
    conditions : Conditions, optional
        Under which the processes were started.

    Returns
    -------
    dict
        As pytest-benchmark writes it. ``stats.data`` holds the rounds of all processes one
        after the other; ``extra_info.processes`` says which are whose, and keeps what else
        is of one process; ``interval`` and ``half_width`` are of all rounds,
        ``between_interval`` and ``between_half_width`` of the processes' medians.
    """
    answers = [outcome.answer for outcome in outcomes if outcome.answer is not None]
    by_process = [_seconds(answer["rounds"]) for answer in answers]
    together = spread(by_process)
    first = _first(answers)
    facts = {
        **first["facts"],
        **_scaled(first, together.median),
        **_joined(answers, together),
        "interval": together.interval and list(together.interval),
        "half_width": together.half_width if math.isfinite(together.half_width) else None,
        "between_interval": together.between and list(together.between),
        "between_half_width": together.between_half_width,
        "between_confidence": together.between_confidence,
        **_disturbed(answers),
        "stopped": _stopped(answers, together.half_width),
        "processes": _processes(task, outcomes, by_process, conditions),
        "memory": memory,
    }
    return {
        "group": first["group"],
        "name": task.id,
        "fullname": f"bench/cases/{task.module}.py::{task.id}",
        "params": dict(task.params),
        "param": task.id.partition("[")[2].removesuffix("]"),
        "extra_info": facts,
        "options": {"processes": len(answers)},
        "stats": _stats(by_process, answers),
    }


def _seconds(rounds: Sequence[Sequence[float]]) -> list[float]:
    """Return the drained seconds of one iteration, of every round."""
    return [drained / iterations for _, drained, iterations in rounds]


def _first(answers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the answer that speaks for all: of the notebook's protocol, the median one.

    There the printed line is that of one training.
    """
    if answers[0]["facts"]["case"] != "notebook":
        return answers[0]
    ordered = sorted(answers, key=lambda answer: answer["facts"]["seconds_per_epoch"])
    return ordered[(len(ordered) - 1) // 2]


def _scaled(first: Mapping[str, Any], median: float) -> dict[str, Any]:
    """Recompute what depends on the median."""
    facts = first["facts"]
    if facts["case"] == "notebook":
        return {}
    before = statistics.median(_seconds(first["rounds"]))
    seconds = {name: median for name in SECONDS if facts.get(name) is not None}
    rates = {
        name: facts[name] * before / median for name in RATES if facts.get(name) is not None
    }
    return {**seconds, **rates}


def _joined(answers: Sequence[Mapping[str, Any]], together: Spread) -> dict[str, Any]:
    """Join the raw data that stand beside the rounds."""
    joined: dict[str, Any] = {}
    for median, data in (
        ("enqueued_seconds", "enqueued_data"),
        ("device_seconds", "device_data"),
        ("cold_seconds", "cold_data"),
    ):
        if data in answers[0]["facts"]:
            values = [value for answer in answers for value in answer["facts"][data]]
            joined[data] = values
            joined[median] = statistics.median(values) if values else None
    if "enqueued_seconds" in joined:  # of each process the share of its own time, as there
        shares = [
            answer["facts"]["enqueued_seconds"] / (median or 1.0)
            for answer, median in zip(answers, together.medians, strict=True)
        ]
        joined["enqueued_seconds"] = statistics.median(shares) * together.median
    return joined


def _disturbed(answers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Count the disturbed rounds of all processes; number them as in ``stats.data``."""
    marks: dict[str, list[int]] = {}
    begin = 0
    for answer in answers:
        for reason, numbers in answer["facts"]["marks"].items():
            marks.setdefault(reason, []).extend(begin + number for number in numbers)
        begin += len(answer["rounds"])
    disturbed = sum(answer["facts"]["disturbed_rounds"] for answer in answers)
    shares = [answer["facts"]["overhead_share"] for answer in answers]
    overheads = [share for share in shares if share is not None]
    return {
        "marks": marks,
        "disturbed_rounds": disturbed,
        "untrusted": is_untrusted(disturbed, begin),
        "telemetry": None,
        "overhead_share": statistics.median(overheads) if overheads else None,
    }


def _stopped(answers: Sequence[Mapping[str, Any]], half_width: float) -> str:
    """Say whether the processes together are precise, else why there are no more rounds."""
    if half_width <= answers[0]["facts"]["target_half_width"]:
        return Stop.PRECISE.value
    reasons = [answer["facts"]["stopped"] for answer in answers]
    others = [reason for reason in reasons if reason != Stop.PRECISE.value]
    return str(statistics.mode(others or reasons))


def _processes(
    task: Task,
    outcomes: Sequence[Outcome],
    by_process: Sequence[Sequence[float]],
    conditions: Conditions | None,
) -> list[dict[str, Any]]:
    """Say of each process which rounds are its own, and what else is."""
    told = []
    begin = 0
    for outcome, seconds in zip(outcomes, by_process, strict=True):
        assert outcome.answer is not None  # noqa: S101 - only those come here
        facts, rounds = outcome.answer["facts"], outcome.answer["rounds"]
        place: Mapping[str, Any] = {}
        if conditions is not None:
            device = str(task.params.get("device"))
            place = asdict(conditions.place(outcome.replicate, device))
        told.append(
            {
                "replicate": outcome.replicate,
                **place,
                "rounds": [begin, begin + len(rounds)],
                "turns": outcome.answer.get("slices"),
                "iterations": rounds[0][2],
                "median": statistics.median(seconds),
                "fifth_percentile": fifth_percentile(seconds),
                "yardstick_seconds": _yardstick_seconds(facts["telemetry"]),
                "half_width": facts["half_width"],
                "disturbed_rounds": facts["disturbed_rounds"],
                "seconds": outcome.seconds,
                **{name: facts.get(name) for name in OF_A_PROCESS},
            }
        )
        begin += len(rounds)
    return told


def _yardstick_seconds(telemetry: Mapping[str, Any] | None) -> float | None:
    """Return what the yardstick took beside the rounds of a process, as a median."""
    told = (telemetry or {}).get("yardstick_seconds")
    if told is None:
        return None
    return statistics.median(told) if isinstance(told, list) else float(told)


def _stats(
    by_process: Sequence[Sequence[float]], answers: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Have pytest-benchmark compute its statistics."""
    stats = Stats()  # type: ignore[no-untyped-call]
    for rounds in by_process:
        for seconds in rounds:
            stats.update(seconds)  # type: ignore[no-untyped-call]
    computed: dict[str, Any] = stats.as_dict()  # type: ignore[no-untyped-call]
    return {**computed, "data": stats.data, "iterations": answers[0]["rounds"][0][2]}


# The run file of a run of several processes: what pytest-benchmark would write, merged.


def document(asked: RunAsked, outcomes: Sequence[Outcome], *, complete: bool) -> dict[str, Any]:
    """Merge what the processes measured.

    Parameters
    ----------
    complete : bool
        Whether all that was asked for was tried.

    Returns
    -------
    dict
        JSON-ready. ``bench.failed`` holds the cases without any measurement, or that do not
        match the reference; ``bench.incidents`` all that went wrong in some process.
    """
    by_case: dict[tuple[str, Pass], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_case[outcome.id, outcome.kind].append(outcome)
    benchmarks, failed = [], list(asked.failed)
    for task in asked.tasks:
        if task.kind is not Pass.TIME:
            continue
        timed = by_case[task.id, Pass.TIME]
        lost = _lost(timed)
        if lost is not None:
            failed.append({"id": task.id, "params": task.params, "reason": lost})
            continue
        answered = [outcome for outcome in timed if outcome.answer is not None]
        if answered:
            memory = _memory(by_case[task.id, Pass.MEMORY])
            conditions = asked.conditions and asked.conditions.on(asked.setting.cpus)
            benchmarks.append(benchmark(task, answered, memory, conditions))
    information: dict[str, Any] = pytest_benchmark_generate_machine_info()  # type: ignore[no-untyped-call]
    fingerprint.extend(information, asked.fingerprint)
    return {
        "machine_info": information,
        "commit_info": commit_info(),
        "benchmarks": benchmarks,
        "datetime": datetime.now(timezone.utc).isoformat(),
        "version": pytest_benchmark.__version__,
        "bench": {
            "format": FORMAT,
            "preset": asked.preset,
            "protocol": asdict(asked.protocol),
            "command": list(asked.command),
            "status": "complete" if complete else "interrupted",
            "skipped": [dict(one) for one in asked.skipped],
            "failed": failed,
            "processes": asked.replicates,
            "order_seed": asked.order_seed,
            "setting": asdict(asked.setting),
            "conditions": asked.conditions and asdict(asked.conditions),
            "announced_seconds": asked.announced_seconds,
            "took_seconds": sum(outcome.seconds for outcome in outcomes),
            "incidents": [
                {
                    "id": outcome.id,
                    "process": outcome.replicate,
                    "pass": outcome.kind.value,
                    "cause": outcome.cause.value,
                    "message": outcome.message,
                }
                for outcome in outcomes
                if outcome.cause is not None
            ],
        },
    }


def _lost(timed: Sequence[Outcome]) -> str | None:
    """Say why a case has no number: it is wrong, or came to nothing in every process."""
    failed = [one for one in timed if one.cause is not None]
    wrong = [one for one in failed if one.cause is Cause.WRONG]
    if wrong or len(failed) == len(timed):
        return next((one.message for one in (*wrong, *failed)), None)
    return None


def _memory(outcomes: Sequence[Outcome]) -> dict[str, Any] | None:
    """Return what the memory pass of a case found, or why it found nothing."""
    if not outcomes:
        return None
    last = outcomes[-1]
    if last.answer is None:
        return {"reason": last.message}
    return dict(last.answer["facts"])
