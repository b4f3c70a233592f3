"""Which process measures what, and in which order: shuffled, so that order decides nothing.

What runs before a case can make it faster or slower: caches, clocks, memory that another
case left behind. In every replicate the order is another one, drawn from a seed that the run
file holds. Cases of different backends, of CPU and GPU, or that need other environment
variables never share a process: one library's threads change another's times, and MXNet's
first use of a GPU shrinks its OpenMP pool.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from bench.processes.task import Pass, Process, Setting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.processes.task import Task


def schedule(
    tasks: Sequence[Task], replicates: int, seed: int, setting: Setting | None = None
) -> list[Process]:
    """Distribute cases over processes.

    Parameters
    ----------
    tasks : sequence of Task
        Those of the timing pass are in every replicate; each of another pass gets one
        process of its own, after them.
    replicates : int
    seed : int
    setting : Setting, optional
        Of all processes; what a task needs comes to it.

    Returns
    -------
    list of Process
        In the order in which they run: the same for the same arguments.
    """
    common = setting or Setting()
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        if task.kind is Pass.TIME:
            groups.setdefault(_name(task), []).append(task)
    processes = []
    for replicate in range(replicates):
        rng = random.Random(f"{seed}/{replicate}")
        for name in rng.sample(sorted(groups), len(groups)):
            members = rng.sample(groups[name], len(groups[name]))
            setting_of = _with(common, members[0].environment)
            processes.append(Process(replicate, name, setting_of, tuple(members)))
    return processes + [
        Process(0, _name(task), _with(common, task.environment), (task,))
        for task in tasks
        if task.kind is not Pass.TIME
    ]


def _name(task: Task) -> str:
    """Name what tasks have in common that share a process."""
    variables = (f"{name}={value}" for name, value in sorted(task.environment.items()))
    return " ".join((task.group, *variables))


def _with(setting: Setting, environment: Mapping[str, str]) -> Setting:
    return Setting({**setting.environment, **environment}, setting.cpus)
