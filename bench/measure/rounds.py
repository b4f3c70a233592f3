"""Times one round of work on a device that may work on after the call has returned."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    Clock: TypeAlias = Callable[[], float]
    Action: TypeAlias = Callable[[], object]

    from bench.measure.protocol import Protocol


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


def time_round(
    work: Action, drain: Action, clock: Clock = time.perf_counter, iterations: int = 1
) -> Round:
    """Call the work, then wait for the device, both inside the clock.

    The garbage collector is off inside the clock and as it was after it.

    Parameters
    ----------
    work : callable
        Enqueues work; called ``iterations`` times.
    drain : callable
        Returns once the device is idle; called before the clock starts, and before it stops.
    clock : callable
        Seconds since any fixed moment.
    iterations : int

    Returns
    -------
    Round
    """
    drain()
    collecting = gc.isenabled()
    gc.disable()
    try:
        begin = clock()
        for _ in range(iterations):
            work()
        enqueued = clock()
        drain()
        end = clock()
    finally:
        if collecting:
            gc.enable()
    return Round(round(enqueued - begin, DIGITS), round(end - begin, DIGITS), iterations)


def rounds_for(
    next_round: Callable[[], Round], protocol: Protocol, min_rounds: int
) -> tuple[Round, ...]:
    """Time rounds until enough work is timed.

    Parameters
    ----------
    next_round : callable
        Times one round.
    protocol : Protocol
        Says how many seconds are enough, and how many rounds in any case.
    min_rounds : int

    Returns
    -------
    tuple of Round
    """
    rounds = [next_round() for _ in range(min_rounds)]
    seconds = sum(one.drained_seconds for one in rounds)
    while seconds < protocol.seconds_per_case and len(rounds) < protocol.max_rounds:
        rounds.append(next_round())
        seconds += rounds[-1].drained_seconds
    return tuple(rounds)
