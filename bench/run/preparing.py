"""Decides what ``python -m bench run`` does, before its first case."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from pytest_benchmark.utils import get_commit_info

from bench.machine.fingerprint import fresh_fingerprint
from bench.measure.protocol import Protocol
from bench.plan.duration import Estimator, total_seconds
from bench.plan.matrix import Selection
from bench.plan.request import Request, order_seed_of, protocol_of, required, select, setting_of
from bench.plan.tasks import (
    Pass,
    RunAsked,
    Task,
    estimate_key,
    memory_tasks,
    protocol_in,
    required_and_missing,
    tasks_of,
)
from bench.report import progress
from bench.store.files import commit_of


def plan(request: Request) -> RunAsked:
    """Decide what a run does, before its first case.

    Raises
    ------
    SelectionError, RegistryError, DataError
        When an option's value is not allowed.
    """
    protocol = protocol_of(request)
    selection = select(request)
    wanted = required(request, selection.registry)
    timed, unavailable = tasks_of(selection, request.cases)
    skipped, failed = required_and_missing(unavailable, wanted)
    tasks = (*timed, *(memory_tasks(timed) if request.memory else ()))
    setting = setting_of(request.threads, request.pin)
    asked = RunAsked(
        preset=request.preset,
        protocol=protocol,
        tasks=tasks,
        replicates=request.processes,
        order_seed=order_seed_of(request),
        setting=setting,
        fingerprint=fresh_fingerprint(setting.environment, setting.cpus),
        skipped=tuple(skipped),
        failed=tuple(failed),
        estimates=_estimates(selection, protocol, tasks),
        limit_seconds=request.case_timeout,
        command=tuple(sys.argv[1:]),
        commit=commit(),
        kernel_folders=request.kernel_folder,
    )
    return replace(asked, announced_seconds=total_seconds(asked))


def _estimates(
    selection: Selection, protocol: Protocol, tasks: Sequence[Task]
) -> dict[str, float]:
    """Estimate each task's seconds, in its first process and in a later one."""
    first = Estimator(selection.registry, protocol)
    later = first.under(protocol_in(protocol, 1))
    estimates = {}
    for task in tasks:
        if task.kind is Pass.MEMORY:
            estimates[estimate_key(task)] = first.memory(task.params)
            continue
        for replicate, estimator in enumerate((first, later)):
            seconds = estimator.case(task.module, task.params)
            estimates[estimate_key(task, replicate)] = seconds
    return estimates


def sentence(asked: RunAsked) -> str:
    """Say what is about to run."""
    timed = sum(task.kind is Pass.TIME for task in asked.tasks)
    line = progress.sentence(
        timed + len(asked.skipped) + len(asked.failed),
        timed,
        asked.announced_seconds,
        asked.preset,
    )
    return f"{line} Each case in {asked.replicates} processes."


def commit() -> str | None:
    """Return the commit of the working directory; None outside a git checkout."""
    return commit_of({"commit_info": get_commit_info()})  # type: ignore[no-untyped-call]
