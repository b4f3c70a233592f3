"""What the processes of a run are asked to do, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Pass(str, Enum):
    """What is done with a case."""

    TIME = "time"
    MEMORY = "memory"
    CHECK = "check"
    """Timed by the suite and by a plain loop, to compare the two."""


@dataclass(frozen=True)
class Task:
    """One case, in one pass.

    Attributes
    ----------
    module : str
        The case module, such as ``bench_epoch``.
    id : str
        Of its test: ``bench_epoch[airfoil-…]``.
    params : mapping
    group : str
        Tasks of different groups never share a process.
    environment : mapping of str to str
        Variables that its process needs.
    kind : Pass
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
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    cpus: tuple[int, ...] = ()


@dataclass(frozen=True)
class Process:
    """A fresh interpreter, and what it measures, in this order.

    Attributes
    ----------
    replicate : int
        Every case is measured once in each replicate.
    group : str
        Cases share a process where they share a backend, a kind of device and a setting.
    setting : Setting
    tasks : tuple of Task
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
    replicate : int
    id : str
    kind : Pass
    seconds : float
        From the request to the answer.
    answer : mapping or None
        The measurement, JSON-ready: ``rounds``, ``facts``, ``group``.
    cause : Cause or None
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
