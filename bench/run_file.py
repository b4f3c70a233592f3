"""The run file of a run of several processes: what pytest-benchmark would write, merged."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest_benchmark
from pytest_benchmark.plugin import pytest_benchmark_generate_machine_info
from pytest_benchmark.utils import get_commit_info

from bench.measure import machine_info
from bench.processes.merge import benchmark
from bench.processes.task import Pass
from bench.run_document import commit_of
from bench.suite import FORMAT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.processes.asked import RunAsked
    from bench.processes.task import Outcome


def commit() -> str | None:
    """Return the commit of the working directory; None outside a git checkout."""
    return commit_of({"commit_info": get_commit_info()})  # type: ignore[no-untyped-call]


def document(asked: RunAsked, outcomes: Sequence[Outcome], *, complete: bool) -> dict[str, Any]:
    """Merge what the processes measured.

    Parameters
    ----------
    asked : RunAsked
    outcomes : sequence of Outcome
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
            benchmarks.append(benchmark(task, answered, _memory(by_case[task.id, Pass.MEMORY])))
    information: dict[str, Any] = pytest_benchmark_generate_machine_info()  # type: ignore[no-untyped-call]
    machine_info.extend(information, asked.fingerprint)
    return {
        "machine_info": information,
        "commit_info": get_commit_info(),  # type: ignore[no-untyped-call]
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
    failures = [outcome for outcome in timed if outcome.cause is not None]
    wrong = [outcome for outcome in failures if outcome.cause.value == "wrong"]  # type: ignore[union-attr]
    if wrong:
        return wrong[0].message
    if failures and len(failures) == len(timed):
        return failures[0].message
    return None


def _memory(outcomes: Sequence[Outcome]) -> dict[str, Any] | None:
    """Return what the memory pass of a case found, or why it found nothing."""
    if not outcomes:
        return None
    last = outcomes[-1]
    if last.answer is None:
        return {"reason": last.message}
    return dict(last.answer["facts"])
