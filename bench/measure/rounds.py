"""Times one round of work on a device that may work on after the call has returned."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, TypeAlias

from bench.measure.slowing import SLOWING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Clock: TypeAlias = Callable[[], float]
    Action: TypeAlias = Callable[[], object]


#: A tenth of a nanosecond: no clock resolves it, and what differences of clock readings
#: have beyond it would make half of a run file.
DIGITS = 10


@dataclass(frozen=True)
class Round:
    """What one timed repetition took.

    Attributes
    ----------
    enqueued_seconds : float
        Until the Python calls had returned.
    drained_seconds : float
        Until the device had nothing left to do.
    iterations : int
        Calls inside the round.
    """

    enqueued_seconds: float
    drained_seconds: float
    iterations: int = 1


def time_calls(
    calls: Iterable[Action],
    drain: Action,
    clock: Clock = time.perf_counter,
    iterations: int = 1,
    lead_in: Iterable[Action] = (),
) -> Round:
    """Make calls one after the other, then wait for the device, all inside the clock.

    The garbage collector is off inside the clock and as it was after it.

    Parameters
    ----------
    calls : iterable of callable
        Each enqueues work, or waits for it.
    drain : callable
        Returns once the device is idle; called before the clock starts, and before it stops.
    clock : callable
        Seconds since any fixed moment.
    iterations : int
        How many times the work is done in them.
    lead_in : iterable of callable
        Made just before the clock starts, and awaited: like work, so that what came between
        two rounds has left no trace in caches and sleeping threads.

    Returns
    -------
    Round
    """
    drain()
    collecting = gc.isenabled()
    gc.disable()
    try:
        for call in lead_in:
            call()
        drain()
        begin = clock()
        for call in calls:
            call()
        enqueued = clock()
        drain()
        end = SLOWING.end(begin, clock(), clock)
    finally:
        if collecting:
            gc.enable()
    return Round(round(enqueued - begin, DIGITS), round(end - begin, DIGITS), iterations)


def awaited(works: Sequence[Action], drain: Action) -> list[Action]:
    """Return calls that do pieces of work one after the other, each awaited.

    Parameters
    ----------
    works : sequence of callable
    drain : callable

    Returns
    -------
    list of callable
        Without a wait after the last one: the round itself waits for it.
    """
    calls = [call for work in works for call in (work, drain)]
    return calls[:-1]


def time_round(
    work: Action, drain: Action, clock: Clock = time.perf_counter, iterations: int = 1
) -> Round:
    """Do the same work so many times, as `time_calls` does.

    Parameters
    ----------
    work : callable
        Enqueues work; called ``iterations`` times.
    drain, clock : callable
    iterations : int

    Returns
    -------
    Round
    """
    return time_calls(repeat(work, iterations), drain, clock, iterations)


def seconds_of(rounds: Iterable[Round]) -> list[float]:
    """Return the drained seconds of one iteration, of every round."""
    return [one.drained_seconds / one.iterations for one in rounds]
