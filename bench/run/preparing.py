"""Decides what ``python -m bench run`` does, before its first case."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bench.machine.fingerprint import fresh_fingerprint
from bench.plan import request
from bench.plan.duration import Estimator, total_seconds
from bench.plan.request import ProtocolGiven, protocol_of, required
from bench.plan.tasks import (
    Pass,
    RunAsked,
    Setting,
    estimate_key,
    memory_tasks,
    protocol_in,
    required_and_missing,
    tasks_of,
)
from bench.report import progress
from bench.run import merging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.measure.protocol import Protocol
    from bench.plan.matrix import Selection
    from bench.plan.tasks import Task


@dataclass(frozen=True)
class RunOptions:
    """What the command line asks for.

    Attributes
    ----------
    given : Given
    protocol : ProtocolGiven
    cases : tuple of str
        Case modules; empty for all.
    require : str or None
    replicates : int
    order_seed : int
    limit_seconds : float or None
    memory : bool
        Whether the memory pass is done.
    setting : Setting
    """

    given: request.Given = field(default_factory=request.Given)
    protocol: ProtocolGiven = field(default_factory=ProtocolGiven)
    cases: tuple[str, ...] = ()
    require: str | None = None
    replicates: int = 5
    order_seed: int = 0
    limit_seconds: float | None = None
    memory: bool = True
    setting: Setting = field(default_factory=Setting)


def plan(run: RunOptions) -> RunAsked:
    """Decide what a run does, before its first case.

    Parameters
    ----------
    run : RunOptions

    Returns
    -------
    RunAsked

    Raises
    ------
    SelectionError, RegistryError, DataError
        When an option's value is not allowed.
    """
    preset = request.preset_of(run.given)
    protocol = protocol_of(run.protocol, preset)
    selection = request.select(run.given)
    known = {*selection.registry.train, *selection.registry.update}
    wanted = required(run.require, known)
    timed, unavailable = tasks_of(selection, run.cases)
    skipped, failed = required_and_missing(unavailable, wanted)
    tasks = (*timed, *(memory_tasks(timed) if run.memory else ()))
    asked = RunAsked(
        preset=preset.name,
        protocol=protocol,
        tasks=tasks,
        replicates=run.replicates,
        order_seed=run.order_seed,
        setting=run.setting,
        fingerprint=fresh_fingerprint(run.setting.environment, run.setting.cpus),
        skipped=tuple(skipped),
        failed=tuple(failed),
        estimates=_estimates(selection, protocol, tasks),
        limit_seconds=run.limit_seconds,
        command=tuple(sys.argv[1:]),
        commit=merging.commit(),
        kernel_folders=run.given.kernel_folders,
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
