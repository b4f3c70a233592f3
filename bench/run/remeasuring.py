"""Measures cases of a stored run again, as they were measured, in fresh processes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bench.machine.conditions import Conditions, fingerprint_under
from bench.machine.fingerprint import fingerprint_id
from bench.measure.protocol import Protocol
from bench.plan.catalogue import modules
from bench.plan.duration import total_seconds
from bench.plan.tasks import RunAsked, Setting, Task, task_of
from bench.run import runner
from bench.run.launcher import SubprocessLauncher
from bench.run.rule import RULE
from bench.run.trials import estimates_of
from bench.store.files import commit_of
from data.errors import DataError
from kernels.registry import RegistryError, discover

if TYPE_CHECKING:
    from rich.console import Console

#: Beside the runs, not among them: what is measured because it looked slow is no fair draw.
FOLDER = "confirmations"
KERNEL_FOLDER = "--kernel-folder"


class NotAgainError(Exception):
    """Cases that can't be measured again here; the message is a clause, without a full stop."""


def remeasure(
    document: Mapping[str, Any], names: Collection[str], folder: Path, console: Console
) -> Path:
    """Measure cases of a run again.

    Parameters
    ----------
    document : mapping
        The run.
    names : collection of str
        Of cases.
    folder : Path
        Where the new run goes.

    Returns
    -------
    Path
        Its file.

    Raises
    ------
    NotAgainError
        When this is not the machine, the setting or the commit of the run.
    StoreError
        When nothing can be written.
    KeyboardInterrupt
        After Ctrl-C; what was measured is saved.
    """
    path, _, complete = runner.begin(_asked(document, names), folder, console).save(folder)
    if not complete:
        raise KeyboardInterrupt
    return path


def _asked(document: Mapping[str, Any], names: Collection[str]) -> RunAsked:
    """Ask for the same as the run did, of these cases only."""
    bench = document.get("bench") or {}
    try:
        protocol = Protocol(**bench["protocol"])
        told = bench.get("setting") or {"environment": {}, "cpus": []}
        setting = Setting(dict(told["environment"]), tuple(told["cpus"]))
        drawn = bench.get("conditions")
        conditions = drawn and msgspec.convert(drawn, Conditions)
        tasks = [task for task in map(_task, document["benchmarks"]) if task.id in names]
    except (KeyError, TypeError, ValueError, AttributeError, msgspec.ValidationError) as error:
        raise NotAgainError("it is no run of this version of the suite") from error
    fingerprint = _same_fingerprint(document, setting, conditions)
    folders = _kernel_folders(bench.get("command") or ())
    protocol = replace(protocol, alone=False, phases=False)
    try:
        estimates = estimates_of(
            discover(folders), protocol, tasks, setting, SubprocessLauncher(folders)
        )
    except (RegistryError, DataError, KeyError) as error:
        raise NotAgainError(f"a kernel or its data are not there any more ({error})") from error
    asked = RunAsked(
        preset=str(bench.get("preset")),
        protocol=protocol,
        tasks=tuple(tasks),
        replicates=int(bench.get("processes") or RULE.remeasured_processes),
        order_seed=int(bench.get("order_seed") or 0) + 1,
        setting=setting,
        fingerprint=fingerprint,
        estimates=estimates,
        command=tuple(bench.get("command") or ()),
        commit=runner.commit(),
        kernel_folders=folders,
        conditions=conditions,
    )
    return replace(asked, announced_seconds=total_seconds(asked))


def _same_fingerprint(
    document: Mapping[str, Any], setting: Setting, conditions: Conditions | None
) -> dict[str, Any]:
    """Return the fingerprint of this machine, where it is that of the run.

    Raises
    ------
    NotAgainError
    """
    commit = runner.commit()
    if commit != commit_of(dict(document)):
        raise NotAgainError(f"this is commit {commit}, and the run was of another")
    if why := conditions.why_not_here() if conditions else "":
        raise NotAgainError(f"its conditions can't be had: {why}")
    now = fingerprint_under(conditions, setting.environment, setting.cpus)
    before = document["machine_info"].get("fingerprint_id")
    if fingerprint_id(now) != before:
        known = document["machine_info"].get("fingerprint") or {}
        differ = sorted(key for key in {*now, *known} if now.get(key) != known.get(key))
        raise NotAgainError(
            f"this machine has another fingerprint (different: {', '.join(differ)})"
        )
    return now


def _task(benchmark: Mapping[str, Any]) -> Task:
    """Make the task that measured a case."""
    name, params = str(benchmark["name"]), dict(benchmark["params"])
    if name.partition("[")[0] not in modules():
        raise ValueError(name)
    return task_of(name, params, benchmark["extra_info"]["backend"])


def _kernel_folders(command: Sequence[str]) -> tuple[Path, ...]:
    """Return the folders with kernels of the user's own that a command line names."""
    told = [value for option, value in pairwise(command) if option == KERNEL_FOLDER]
    joined = f"{KERNEL_FOLDER}="
    told += [one.removeprefix(joined) for one in command if one.startswith(joined)]
    return tuple(Path(one) for one in told)
