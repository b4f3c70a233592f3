"""Times rounds of work that a device may go on with, and notes what disturbed them."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import repeat
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from bench.machine.counters import NoTelemetry
from bench.machine.gpu import uuid_of
from bench.machine.telemetry import Change, SystemTelemetry, change, is_slow
from bench.measure.rule import RULE

if TYPE_CHECKING:
    from bench.machine.telemetry import TelemetryReader
    from bench.measure.calibration import Calibration, Stop, StoppingRule
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
    annotate : callable
        Takes a name, and returns what a round is timed within: a range for a profiler.
    """

    clock: Clock = time.perf_counter
    telemetry: TelemetryReader = field(default_factory=NoTelemetry)
    yardstick: Yardstick | None = None
    slowdown: float = 0.0
    wait_turn: Callable[[], None] | None = None
    annotate: Callable[[str], AbstractContextManager[object]] = nullcontext

    def is_waking(self) -> bool:
        """Say whether a GPU that is timed has still to come to its clock."""
        return any(map(is_slow, self.telemetry.read().gpus))

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


def empty_kernel() -> None:
    """Do nothing."""


#: In the environment: whether Nsight Systems is to see a range around every round.
NVTX = "MINIBATCH_BENCH_NVTX"
#: Reads the clock and nothing else.
CLOCK_ALONE = Instruments()


# What looks on, and takes time of its own at every line and call.


class WatchedError(Exception):
    """A profiler is on, which can't be paused; the message names it and the remedy."""


@contextmanager
def unwatched() -> Iterator[None]:
    """Pause coverage and debuggers while a case is measured, from its warm-up to its end.

    Raises
    ------
    WatchedError
    """
    monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on; it has six tools
    names = [monitoring.get_tool(number) for number in range(6)] if monitoring else []
    names.append("a profiler" if sys.getprofile() or threading.getprofile() else None)
    if found := " and ".join(filter(None, names)):
        paused = ", or export COVERAGE_CORE=ctrace" if "coverage.py" in names else ""
        raise WatchedError(f"{found} would be timed too: measure without it{paused}.")
    tracer, of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)
        threading.settrace(of_threads)


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
    return [call for work in works for call in (work, drain)][:-1]


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


# A yardstick beside each round: fixed work that shows how fast the processor is at that
# moment. A shared processor is some percent slower for seconds at a time.


class Yardstick:
    """The work; what it needs is made when it is first timed.

    Parameters
    ----------
    clock : callable
        Seconds since any fixed moment.
    """

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self._clock, rows = clock, RULE.yardstick_rows
        self._square = np.full((rows, rows), 1 / rows, dtype=np.float32)
        self._product = np.empty_like(self._square)
        self._few = np.zeros(4, dtype=np.float32)

    def seconds(self) -> float:
        """Do the work, and return what it took.

        Returns
        -------
        float
            Seconds.
        """
        for _ in range(RULE.yardstick_untimed):
            self._work()
        begin = self._clock()
        for _ in range(RULE.yardstick_times):
            self._work()
        return self._clock() - begin

    def _work(self) -> None:
        square, product, few = self._square, self._product, self._few
        for _ in range(RULE.yardstick_products):
            np.matmul(square, square, out=product)
        for _ in range(RULE.yardstick_additions):
            np.add(few, few, out=few)


@cache
def instruments_for(device: str) -> Instruments:
    """Return the instruments of this machine for a device, made when first asked for.

    They are the same for every case: files and libraries that stay open.

    Parameters
    ----------
    device : str
        ``cpu(0)``; for ``gpu(1)`` that GPU is read as well.
    """
    yardstick = Yardstick() if device.startswith("cpu") else None
    uuid = uuid_of(device)
    return Instruments(
        telemetry=SystemTelemetry([uuid] if uuid else ()),
        yardstick=yardstick,
        annotate=ranges() if os.environ.get(NVTX) else nullcontext,
    )


def ranges() -> Callable[[str], AbstractContextManager[object]]:
    """Return what marks a range for NVIDIA's Nsight Systems.

    Raises
    ------
    WatchedError
        When its library is not installed.
    """
    try:
        nvtx = importlib.import_module("nvtx")
    except ModuleNotFoundError as error:
        raise WatchedError(f"{NVTX} is set, and nvtx is missing: pip install nvtx.") from error
    return partial(nvtx.annotate, domain="minibatch-bench")


@dataclass
class RoundTimer:
    """Times the rounds of one case.

    Attributes
    ----------
    changes : list of Change
        What the machine did in each round.
    """

    drain: Action
    instruments: Instruments
    rounds: list[Round] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def time(
        self, calls: Iterable[Action], iterations: int = 1, lead_in: Iterable[Action] = ()
    ) -> Round:
        """Time a round, the telemetry read just outside the clock.

        Parameters
        ----------
        lead_in : iterable of callable
            As for ``time_calls``.
        """
        return self.observe(
            partial(time_calls, calls, self.drain, self.instruments, iterations, lead_in)
        )

    def observe(self, timed: Callable[[], Round]) -> Round:
        """Note a round that something else times, and what the machine did meanwhile.

        Parameters
        ----------
        timed : callable
            Times the round; what it does before and after is watched too.
        """
        read = self.instruments.telemetry.read
        self.drain()
        if self.instruments.wait_turn is not None:
            self.instruments.wait_turn()
        just_before = self._yardstick_seconds()
        annotation = self.instruments.annotate(f"round {len(self.rounds)}")
        before = read()
        with annotation:
            one = timed()
        after = read()
        seen = change(before, after)
        if just_before is not None:
            beside = (just_before, self._yardstick_seconds() or just_before)
            seen = replace(seen, yardstick_seconds=sum(beside) / 2)
        self.rounds.append(one)
        self.changes.append(seen)
        return one

    def _yardstick_seconds(self) -> float | None:
        """Time the yardstick; not where another process measures the same in turn."""
        if self.instruments.yardstick is None or self.instruments.wait_turn is not None:
            return None
        return self.instruments.yardstick.seconds()

    def repeat(self, rule: StoppingRule, one_round: Action) -> Stop:
        """Time rounds until the rule says that there are enough.

        Parameters
        ----------
        one_round : callable
            Prepares, untimed, and calls `time` once or more.

        Returns
        -------
        Stop
            Why it ended.
        """
        while (reason := rule.reason(self.rounds)) is None:
            one_round()
        return reason

    def repeat_in_a_row(self, rule: StoppingRule, work: Action, often: Calibration) -> Stop:
        """Time rounds of the same work, whose calls are not awaited one by one."""
        n, before = often.iterations, often.lead_in
        return self.repeat(rule, lambda: self.time(repeat(work, n), n, repeat(work, before)))

    def alone(
        self, n_rounds: int, fresh: Callable[[], Action], lead_in: Sequence[Action]
    ) -> tuple[Round, ...]:
        """Time rounds of one call each beside those of the case, for `enqueued_facts`.

        Parameters
        ----------
        fresh : callable
            Returns the work, each time anew.

        Returns
        -------
        tuple of Round
            None where the rounds of the case are of one call each already.
        """
        if self.rounds[0].iterations == 1:
            return ()
        return tuple(
            time_calls([fresh()], self.drain, self.instruments, 1, lead_in)
            for _ in range(n_rounds)
        )
