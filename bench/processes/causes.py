"""Why a task came to nothing: what the process answered, or how it ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.processes.task import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.processes.launcher import EndedError

#: What a case raises for reasons that no other process would change.
LASTING = ("GateError", "DivergedError", "DataError", "MissedError")


def oom_kills(root: Path = Path("/")) -> int | None:
    """Count the processes that the kernel has ended for want of memory since it started.

    Parameters
    ----------
    root : Path
        Holds ``proc``.

    Returns
    -------
    int or None
        None where the kernel does not say.
    """
    try:
        lines = (root / "proc/vmstat").read_text().splitlines()
    except OSError:
        return None
    counted = dict(line.split() for line in lines)
    return int(counted["oom_kill"]) if "oom_kill" in counted else None


def of_error(answer: Mapping[str, Any]) -> tuple[Cause, str]:
    """Say what an answer reports that holds an error.

    Parameters
    ----------
    answer : mapping
        ``error``, ``message`` and ``out_of_memory``.

    Returns
    -------
    tuple of (Cause, str)
    """
    if answer["error"] in LASTING:
        return Cause.WRONG, str(answer["message"])
    message = f"{answer['error']}: {answer['message']}"
    if answer["out_of_memory"]:
        return Cause.OUT_OF_MEMORY, f"out of memory: {message}"
    return Cause.ERROR, message


def of_ending(
    ending: EndedError, kills_before: int | None, kills_after: int | None
) -> tuple[Cause, str]:
    """Say why a process ended.

    Parameters
    ----------
    ending : EndedError
    kills_before, kills_after : int or None
        What `oom_kills` gave before the request and gives now.

    Returns
    -------
    tuple of (Cause, str)
    """
    counted = kills_before is not None and kills_after is not None
    if ending.killed and counted and kills_after != kills_before:
        return Cause.OUT_OF_MEMORY, f"out of memory: the kernel killed it; {ending}"
    return Cause.CRASH, f"crash: {ending}"
