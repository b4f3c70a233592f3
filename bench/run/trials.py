"""Estimates how long cases take: those on GPUs from trying them out in processes of their own.

In this one MXNet's first use of a GPU would shrink the OpenMP pool, which the CPU cases are
about to use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from bench.measure.protocol import Protocol
from bench.plan import duration
from bench.plan.tasks import Setting, Task
from bench.run.launcher import EndedError, Launcher, NoAnswerError, request
from bench.run.rule import RULE
from data.errors import DataError
from kernels.registry import Registry


def estimates_of(
    registry: Registry,
    protocol: Protocol,
    tasks: Sequence[Task],
    setting: Setting,
    launcher: Launcher,
) -> dict[str, float]:
    """Estimate each task's seconds, in its first process and in a later one.

    Parameters
    ----------
    setting : Setting
        Of the processes.
    launcher : Launcher
        Starts them.

    Returns
    -------
    dict of str to float
        By `bench.plan.tasks.estimate_key`; without the tasks on GPUs of a library whose process
        ended or hung.

    Raises
    ------
    DataError
        When a task's data are not there.
    """
    here: list[Task] = []
    on_gpus: dict[str, list[Task]] = {}
    for task in tasks:
        on_gpu = task.params["device"].startswith("gpu")
        (on_gpus.setdefault(task.group, []) if on_gpu else here).append(task)
    estimates = duration.estimates_of(registry, protocol, here)
    for of_library in on_gpus.values():
        estimates |= _tried(of_library, protocol, setting, launcher)
    return estimates


def _tried(
    tasks: Sequence[Task], protocol: Protocol, setting: Setting, launcher: Launcher
) -> dict[str, float]:
    """Estimate tasks in one process, which ends before the next takes the GPU."""
    handle = launcher.launch(setting)
    wanted = {"tasks": [asdict(task) for task in tasks]}
    try:
        answer = handle.ask(request("", wanted, protocol, "estimate"), RULE.trial_seconds)
    except (EndedError, NoAnswerError):
        return {}
    finally:
        handle.close()
    if answer.get("error") == DataError.__name__:
        raise DataError(answer["message"])
    estimates: dict[str, float] = answer.get("facts", {})
    return estimates
