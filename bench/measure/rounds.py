"""Times rounds of work on a device that may work on after the call has returned."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import TYPE_CHECKING, TypeAlias

from bench.machine.counters import NoTelemetry
from bench.measure.rule import RULE

if TYPE_CHECKING:
    from bench.machine.telemetry import TelemetryReader
    from bench.measure.timing import Yardstick
    from kernels.contract import Batches, Order

Clock: TypeAlias = Callable[[], float]
Action: TypeAlias = Callable[[], object]

# What is passed to whatever times a round.


@dataclass(frozen=True)
class Instruments:
    """What a measurement reads and obeys; tests put others in their place.

    Attributes
    ----------
    clock : callable
        Seconds since any fixed moment.
    telemetry : TelemetryReader
        Read before and after every round, outside the clock.
    yardstick : Yardstick or None
        Timed before and after every round, outside of what telemetry watches; None for work
        that the processor does not do.
    slowdown : float
        A share by which every timed round is made longer on purpose, to see whether a
        comparison finds it. The processor is kept busy for it at the end of the round,
        inside the clock, so the slowdown has this size whatever is timed on whatever device.
    wait_turn : callable or None
        Returns when the next round may begin, where two processes measure alternately.
    """

    clock: Clock = time.perf_counter
    telemetry: TelemetryReader = field(default_factory=NoTelemetry)
    yardstick: Yardstick | None = None
    slowdown: float = 0.0
    wait_turn: Callable[[], None] | None = None

    def end(self, begin: float) -> float:
        """Read the clock when the work is done, and return when the round ends.

        Parameters
        ----------
        begin : float
            When the work began.

        Returns
        -------
        float
            Now, or later by the slowdown.
        """
        end = self.clock()
        until = end + self.slowdown * (end - begin)
        while end < until:
            end = self.clock()
        return end


#: Reads the clock and nothing else.
CLOCK_ALONE = Instruments()


# One round of work, on a device that may work on after the call has returned.


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
    instruments: Instruments = CLOCK_ALONE,
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
    instruments : Instruments
        Their clock and their slowdown count; the rest is for a `RoundTimer`.
    iterations : int
        How many times the work is done in them.
    lead_in : iterable of callable
        Made just before the clock starts, and awaited: like work, so that what came between
        two rounds has left no trace in caches and sleeping threads.
    """
    drain()
    collecting = gc.isenabled()
    gc.disable()
    try:
        for call in lead_in:
            call()
        drain()
        begin = instruments.clock()
        for call in calls:
            call()
        enqueued = instruments.clock()
        drain()
        end = instruments.end(begin)
    finally:
        if collecting:
            gc.enable()
    digits = RULE.seconds_digits
    return Round(round(enqueued - begin, digits), round(end - begin, digits), iterations)


def awaited(works: Sequence[Action], drain: Action) -> list[Action]:
    """Return calls that do pieces of work one after the other, each awaited.

    Returns
    -------
    list of callable
        Without a wait after the last one: the round itself waits for it.
    """
    calls = [call for work in works for call in (work, drain)]
    return calls[:-1]


def time_round(
    work: Action, drain: Action, instruments: Instruments = CLOCK_ALONE, iterations: int = 1
) -> Round:
    """Do the same work so many times, as `time_calls` does.

    Parameters
    ----------
    work : callable
        Enqueues work; called ``iterations`` times.
    """
    return time_calls(repeat(work, iterations), drain, instruments, iterations)


def seconds_of(rounds: Iterable[Round]) -> list[float]:
    """Return the drained seconds of one iteration, of every round."""
    return [one.drained_seconds / one.iterations for one in rounds]


def exhaust(batches: Batches, order: Order) -> None:
    """Go through the batches of an epoch and do nothing with them."""
    for _ in batches(order):
        pass
