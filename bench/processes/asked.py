"""What a run was asked for: all that is needed to go on with it, as the journal holds it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure.protocol import Protocol
from bench.processes.task import Pass, Setting, Task

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class RunAsked:
    """A run, decided before its first case.

    Attributes
    ----------
    preset : str
    protocol : Protocol
    tasks : tuple of Task
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
        Seconds of each task in a process, by `estimate_key`.
    announced_seconds : float
    limit_seconds : float or None
        That a case may take; None for a limit by its estimate.
    command : tuple of str
    commit : str or None
    fingerprint : mapping
    kernel_folders : tuple of Path
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

        Returns
        -------
        RunAsked

        Raises
        ------
        TypeError, ValueError, KeyError
            When it is something else.
        """
        setting = Setting(read["setting"]["environment"], tuple(read["setting"]["cpus"]))
        tasks = tuple(Task(**{**task, "kind": Pass(task["kind"])}) for task in read["tasks"])
        return cls(
            **{
                **read,
                "protocol": Protocol(**read["protocol"]),
                "tasks": tasks,
                "setting": setting,
                "skipped": tuple(read["skipped"]),
                "failed": tuple(read["failed"]),
                "command": tuple(read["command"]),
                "kernel_folders": tuple(Path(one) for one in read["kernel_folders"]),
            }
        )


def protocol_in(protocol: Protocol, replicate: int) -> Protocol:
    """Return how a case is measured in one of several processes.

    Parameters
    ----------
    protocol : Protocol
        Of the run.
    replicate : int
        The first one measures what needs to be known once: losses, phases.

    Returns
    -------
    Protocol
    """
    if replicate == 0:
        return protocol
    return replace(protocol, alone=False, phases=False, notebook_repeats=1)


def estimate_key(task: Task, replicate: int = 0) -> str:
    """Name a task among the estimates: the first process of a case, and any later one."""
    return f"{task.kind.value} {'later ' if replicate else ''}{task.id}"
