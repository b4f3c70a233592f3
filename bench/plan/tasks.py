"""From a selection to the tasks of fresh processes, in their order."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from bench.machine.conditions import Conditions, Place
from bench.measure.protocol import Protocol
from bench.plan import catalogue
from bench.plan.matrix import Selection, case_id

# What the processes of a run are asked to do, and what came of it.


class Pass(str, Enum):
    """What is done with a case."""

    TIME = "time"
    MEMORY = "memory"
    CHECK = "check"
    """Timed by the suite and by a plain loop, to compare the two."""
    QUESTION = "question"
    """Asked of a GPU: see ``bench.measure.gpu_questions``."""


@dataclass(frozen=True)
class Task:
    """One case, in one pass.

    Attributes
    ----------
    module : str
        The case module, such as ``bench_epoch``.
    id : str
        Of its test: ``bench_epoch[airfoil-…]``.
    group : str
        Tasks of different groups never share a process.
    environment : mapping of str to str
        Variables that its process needs.
    """

    module: str
    id: str
    params: Mapping[str, Any]
    group: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    kind: Pass = Pass.TIME


@dataclass(frozen=True)
class Setting:
    """What holds for a whole process.

    Attributes
    ----------
    environment : mapping of str to str
        Variables that it has beside those of the parent.
    cpus : tuple of int
        That it may run on; empty for all that the parent may.
    layout : int or None
        Of its memory; None for one that the system draws.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    cpus: tuple[int, ...] = ()
    layout: int | None = None

    def at(self, place: Place) -> Setting:
        """Return it with the CPUs and the layout of a place."""
        return replace(self, cpus=place.cpus, layout=place.layout)


@dataclass(frozen=True)
class Process:
    """A fresh interpreter, and what it measures, in this order.

    Attributes
    ----------
    replicate : int
        Every case is measured once in each replicate.
    group : str
        Cases share a process where they share a backend, a kind of device and a setting.
    """

    replicate: int
    group: str
    setting: Setting
    tasks: tuple[Task, ...]


class Cause(str, Enum):
    """Why a case has no measurement from a process."""

    WRONG = "wrong"
    """It does not match the reference, or diverges: no other process would differ."""
    ERROR = "error"
    """It raised something else."""
    OUT_OF_MEMORY = "out of memory"
    CRASH = "crash"
    """The process ended."""
    HANG = "hang"
    """It went past the time limit."""


@dataclass(frozen=True)
class Outcome:
    """What came of a task in a process.

    Attributes
    ----------
    seconds : float
        From the request to the answer.
    answer : mapping or None
        The measurement, JSON-ready: ``rounds``, ``facts``, ``group``.
    message : str
        What happened, in a sentence; empty where there is an answer.
    """

    replicate: int
    id: str
    kind: Pass
    seconds: float
    answer: Mapping[str, Any] | None = None
    cause: Cause | None = None
    message: str = ""


# What a run was asked for: all that is needed to go on with it, as the journal holds it.


@dataclass(frozen=True)
class RunAsked:
    """A run, decided before its first case.

    Attributes
    ----------
    replicates : int
        Processes that measure each case.
    order_seed : int
        Of the order of the cases in each.
    setting : Setting
        Of every process.
    skipped : tuple of mapping
        Cases that can't run here: ``id``, ``params``, ``reason``.
    failed : tuple of mapping
        Those of them that were required.
    estimates : mapping of str to float
        Seconds of each task in a process, by `estimate_key`; without those not known.
    limit_seconds : float or None
        That a case may take; None for a limit by its estimate.
    conditions : Conditions or None
        How processes are started; None for as the system does.
    """

    preset: str
    protocol: Protocol
    tasks: tuple[Task, ...]
    replicates: int
    order_seed: int
    setting: Setting
    fingerprint: Mapping[str, Any]
    skipped: tuple[Mapping[str, Any], ...] = ()
    failed: tuple[Mapping[str, Any], ...] = ()
    estimates: Mapping[str, float] = field(default_factory=dict)
    announced_seconds: float = 0.0
    limit_seconds: float | None = None
    command: tuple[str, ...] = ()
    commit: str | None = None
    kernel_folders: tuple[Path, ...] = ()
    conditions: Conditions | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {**asdict(self), "kernel_folders": [str(one) for one in self.kernel_folders]}

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> RunAsked:
        """Read it back.

        Parameters
        ----------
        read : mapping
            What `to_json` gave.

        Raises
        ------
        msgspec.ValidationError
            When it is something else.
        """
        return msgspec.convert(read, cls, dec_hook=lambda kind, value: kind(value))


def protocol_in(protocol: Protocol, replicate: int) -> Protocol:
    """Return how a case is measured in one of several processes.

    Parameters
    ----------
    protocol : Protocol
        Of the run.
    replicate : int
        The first one measures what needs to be known once: losses, phases.
    """
    if replicate == 0:
        return protocol
    return replace(protocol, alone=False, phases=False, notebook_repeats=1)


def estimate_key(task: Task, replicate: int = 0) -> str:
    """Name a task among the estimates: the first process of a case, and any later one."""
    return f"{task.kind.value} {'later ' if replicate else ''}{task.id}"


# What there is to do in a run of several processes: its tasks, and what can't be done.


#: The cases whose memory is measured: trainings, the data on the device.
MEMORY_MODULE, MEMORY_LOADER = "bench_epoch", "inmemory"


def tasks_of(
    selection: Selection, chosen: Sequence[str] = ()
) -> tuple[list[Task], list[dict[str, Any]]]:
    """List the cases that are asked for.

    Parameters
    ----------
    chosen : sequence of str
        Names of case modules; empty for all but those that want to be named.

    Returns
    -------
    tuple of (list of Task, list of dict)
        The timing tasks that can run here; the others, with ``id``, ``params`` and
        ``reason``.
    """
    tasks, skipped = [], []
    for name in chosen or catalogue.usual_modules():
        for params in selection.cases_of(catalogue.module(name), named=bool(chosen)):
            id_ = f"{name}[{case_id(params)}]"
            answer = selection.availability(params)
            if answer:
                tasks.append(task_of(id_, params, selection.backend_of(params)))
            else:
                skipped.append({"id": id_, "params": params, "reason": str(answer)})
    return tasks, skipped


def task_of(id_: str, params: Mapping[str, Any], backend: str) -> Task:
    """Return the task that times a case: of the group of its backend and kind of device."""
    name, group = id_.partition("[")[0], f"{backend} {params['device'][:3]}"
    environment = getattr(catalogue.module(name), "environment", None)
    return Task(name, id_, params, group, environment(params) if environment else {})


def memory_tasks(tasks: Sequence[Task]) -> list[Task]:
    """List the memory pass of the trainings among some tasks."""
    return [
        Task(task.module, task.id, task.params, task.group, task.environment, Pass.MEMORY)
        for task in tasks
        if task.module == MEMORY_MODULE and task.params["loader"] == MEMORY_LOADER
    ]


def required_and_missing(
    unavailable: Sequence[dict[str, Any]], wanted: Sequence[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Tell cases that are skipped from those that must not be.

    Parameters
    ----------
    unavailable : sequence of dict
        From `tasks_of`.
    wanted : sequence of str
        Kernels and devices that were required.

    Returns
    -------
    tuple of (list of dict, list of dict)
        Those that are skipped, and those that failed, the reason saying so.
    """
    skipped, failed = [], []
    for one in unavailable:
        if {one["params"].get("kernel"), one["params"]["device"]} & {*wanted}:
            failed.append({**one, "reason": f"required, but {one['reason']}"})
        else:
            skipped.append(one)
    return skipped, failed


# Which process measures what, and in which order: shuffled, so that order decides nothing.
#
# What runs before a case can make it faster or slower: caches, clocks, memory that another
# case left behind. In every replicate the order is another one, drawn from a seed that the run
# file holds. Cases of different backends, of CPU and GPU, or that need other environment
# variables never share a process: one library's threads change another's times, and MXNet's
# first use of a GPU shrinks its OpenMP pool.


def schedule(
    tasks: Sequence[Task],
    replicates: int,
    seed: int,
    setting: Setting | None = None,
    conditions: Conditions | None = None,
) -> list[Process]:
    """Distribute cases over processes.

    Parameters
    ----------
    tasks : sequence of Task
        Those of the timing pass are in every replicate; each of another pass gets one
        process of its own, after them.
    setting : Setting, optional
        Of all processes; what a task needs comes to it.
    conditions : Conditions, optional
        Of the processes that time.

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
            device = str(members[0].params.get("device"))
            placed = common
            if conditions is not None:
                placed = common.at(conditions.place(replicate, device))
            setting_of = _with(placed, members[0].environment)
            processes.append(Process(replicate, name, setting_of, tuple(members)))
    rest = common if conditions is None else replace(common, cpus=conditions.cpus)
    return processes + [
        Process(0, _name(task), _with(rest, task.environment), (task,))
        for task in tasks
        if task.kind is not Pass.TIME
    ]


def _name(task: Task) -> str:
    """Name what tasks have in common that share a process."""
    variables = (f"{name}={value}" for name, value in sorted(task.environment.items()))
    return " ".join((task.group, *variables))


def _with(setting: Setting, environment: Mapping[str, str]) -> Setting:
    return replace(setting, environment={**setting.environment, **environment})
