"""The side of a measuring process: takes requests, measures, answers.

The parent writes one JSON request a line to standard input; each is answered with one JSON
line on a pipe that nothing else writes to (libraries print to standard output as they like).
The first line says what holds for the whole process, before any library is imported.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import math
import os
import signal
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.measure.measurement import Measurement
    from bench.measure.protocol import Protocol
    from bench.measure.rounds import Instruments
    from kernels.registry import Registry

#: ``prctl``: which signal this process gets when its parent ends.
PR_SET_PDEATHSIG = 1
#: What does a pass that is not the timing of a case.
OTHER_PASSES = {
    "memory": ("bench.measure.peak_memory", "measure_memory"),
    "check": ("bench.measure.agreement", "agreement"),
    "question": ("bench.measure.gpu_questions", "question"),
    "list": ("bench.run.sides", "listed"),
    "estimate": ("bench.plan.duration", "tried"),
}
#: What libraries say in their exceptions when a device or the host has no memory left.
OUT_OF_MEMORY = (
    *("out of memory", "resource_exhausted", "cudaerrormemoryallocation"),
    *("cannot allocate memory", "failed to map segment"),
)


@dataclass(frozen=True)
class Asked:
    """What a case is given as ``suite``.

    Attributes
    ----------
    wait_turn : callable or None
        See `bench.measure.rounds.Instruments`.
    """

    registry: Registry
    protocol: Protocol
    slowdown: float = 0.0
    wait_turn: Callable[[], None] | None = None

    def instruments(self, device: str) -> Instruments:
        """Return what times the rounds of a case on a device."""
        from bench.measure.rounds import instruments_for  # noqa: PLC0415 - see `main`

        return replace(
            instruments_for(device), slowdown=self.slowdown, wait_turn=self.wait_turn
        )


def end_with_parent() -> None:
    """Have this process killed when its parent ends, however that ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def move(cpus: Sequence[int]) -> None:
    """Have all threads of this process run on some CPUs from now on."""
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(int(thread.name), cpus)


class Alternation:
    """Waits for this process's turn, where it measures alternately with another.

    When it is asked for the first time, the case is ready to be timed. The parent answers
    with seconds for which rounds may begin; then it is asked again.

    Parameters
    ----------
    say : callable
        Sends a line to the parent.
    cpus : sequence of int
        That the process moves to once it is ready; empty for those that it has.

    Attributes
    ----------
    slices : list of int
        How many rounds there were in each turn.
    """

    def __init__(
        self, say: Callable[[Mapping[str, Any]], None], cpus: Sequence[int] = ()
    ) -> None:
        self._say, self._cpus = say, cpus
        self._end = -math.inf
        self.slices: list[int] = []

    def wait(self) -> None:
        """Return when the next round may begin."""
        if time.monotonic() >= self._end:
            if self._cpus and not self.slices:
                move(self._cpus)
            self._say({"waits": True})
            seconds = float(json.loads(sys.stdin.readline())["seconds"])
            self._end = time.monotonic() + seconds
            self.slices.append(0)
        self.slices[-1] += 1


def answer(
    request: Mapping[str, Any],
    kernel_folders: Sequence[Path],
    alternation: Alternation | None = None,
) -> dict[str, Any]:
    """Do what a request asks for.

    Parameters
    ----------
    request : mapping
        ``module``, ``params``, ``protocol`` and ``kind``; perhaps ``slowdown``, a share.
    alternation : Alternation, optional
        Where another process measures the same in turn.

    Returns
    -------
    dict
        JSON-ready: the measurement, or ``error``, its type, ``message`` and
        ``out_of_memory``.
    """
    try:
        return _measured(request, kernel_folders, alternation)
    except BaseException as error:  # noqa: BLE001 - it is the parent's to report
        if isinstance(error, (SystemExit, KeyboardInterrupt)):
            message = f"{type(error).__name__} was raised"
        else:
            message = str(error)
        said = f"{type(error).__name__}: {error}".lower()
        return {
            "error": type(error).__name__,
            "message": message,
            "out_of_memory": isinstance(error, MemoryError)
            or any(words in said for words in OUT_OF_MEMORY),
        }


def _measured(
    request: Mapping[str, Any], kernel_folders: Sequence[Path], alternation: Alternation | None
) -> dict[str, Any]:
    from bench.measure.protocol import Protocol  # noqa: PLC0415 - see `main`
    from bench.measure.rounds import unwatched  # noqa: PLC0415
    from kernels.registry import discover  # noqa: PLC0415

    asked = Asked(
        registry=discover(kernel_folders),
        protocol=Protocol(**request["protocol"]),
        slowdown=request.get("slowdown", 0.0),
        wait_turn=None if alternation is None else alternation.wait,
    )
    if request["kind"] in OTHER_PASSES:
        module_name, function = OTHER_PASSES[request["kind"]]
        other: Any = getattr(importlib.import_module(module_name), function)
        with unwatched():
            return {"facts": other(request["params"], asked.registry, asked.protocol)}
    module: Any = importlib.import_module(f"bench.cases.{request['module']}")
    measurements: list[Measurement] = []
    with unwatched():
        getattr(module, request["module"])(asked, measurements.append, **request["params"])
    (measured,) = measurements
    rounds = [
        (one.enqueued_seconds, one.drained_seconds, one.iterations) for one in measured.rounds
    ]
    found = {"rounds": rounds, "facts": measured.facts, "group": measured.group}
    return found if alternation is None else {**found, "slices": alternation.slices}


def main(arguments: Sequence[str]) -> None:
    """Answer requests until there are no more.

    The libraries are imported after the affinity is set: they look at it when they make
    their threads.

    Parameters
    ----------
    arguments : sequence of str
        The descriptor to write answers to.
    """
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when this ends
    begin = json.loads(sys.stdin.readline())
    if begin["cpus"]:
        os.sched_setaffinity(0, begin["cpus"])
    if begin["tree"] is not None:
        sys.path.insert(0, begin["tree"])  # `bench` is imported already, and stays
    folders = [Path(folder) for folder in begin["kernel_folders"]]
    with os.fdopen(int(arguments[0]), "w", encoding="utf-8") as answers:

        def say(told: Mapping[str, Any]) -> None:
            answers.write(json.dumps(told) + "\n")
            answers.flush()

        for line in iter(sys.stdin.readline, ""):
            request = json.loads(line)
            alternation = None
            if request.get("ready_cpus"):
                move(request["ready_cpus"])
            if request.get("alternate"):
                alternation = Alternation(say, request.get("cpus") or ())
            say(answer(request, folders, alternation))


if __name__ == "__main__":
    main(sys.argv[1:])
