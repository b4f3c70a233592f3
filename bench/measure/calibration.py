"""When work is warm, how many calls make a round, and how many rounds make a case."""

from __future__ import annotations

import math
import statistics
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.measure import gate
from bench.measure.gate import GateReport, TrainingCase
from bench.measure.protocol import Plan, Protocol
from bench.measure.rounds import (
    Action,
    Instruments,
    Round,
    empty_kernel,
    seconds_of,
    time_calls,
    time_round,
)
from bench.measure.rule import RULE
from bench.stats.medians import relative_half_width
from kernels import backends

if TYPE_CHECKING:
    from kernels.contract import Order, Rates


# When repeated calls have settled. Some libraries go on compiling at the second and the third
# call, so the rule looks at times, not at a count.


def settled(seconds: Sequence[float]) -> bool:
    """Say whether times have settled.

    Parameters
    ----------
    seconds : sequence of float
        Of the calls so far, in their order, of equal work.
    """
    if len(seconds) <= RULE.settled_calls:
        return False
    best = min(seconds[: -RULE.settled_calls])
    return all(
        RULE.min_settled_ratio * best <= one <= RULE.max_settled_ratio * best
        for one in seconds[-RULE.settled_calls :]
    )


# A library may compile anew for every shape: of a full batch, of the short last one, of an
# epoch. So the first batches and the last one are run until they settle, then whole epochs.


@dataclass(frozen=True)
class WarmUp:
    """What it took until the times had settled.

    Attributes
    ----------
    calls : int
        Of the work, whole or in part.
    seconds : float
        All of them.
    settled : bool
        False where the rule gave up.
    settled_seconds : float
        What the work takes at the end.
    excess_seconds : float
        What the calls took beyond settled ones: compilation, first touch.
    allocation_seconds : float or None
        Preparing: allocation, and copies to the device.
    first_step_seconds : float or None
        The very first step, in the gate: what is compiled or traced is so here.
    page_faults : int or None
        Minor ones, from before the preparation on: memory touched for the first time.
    """

    calls: int
    seconds: float
    settled: bool
    settled_seconds: float
    excess_seconds: float
    allocation_seconds: float | None = None
    first_step_seconds: float | None = None
    page_faults: int | None = None

    @classmethod
    def of(cls, seconds: Sequence[float], settled_seconds: float, *, settled: bool) -> WarmUp:
        """Sum calls up.

        Parameters
        ----------
        seconds : sequence of float
            Of each call.
        """
        excess = sum(seconds) - len(seconds) * settled_seconds
        return cls(len(seconds), sum(seconds), settled, settled_seconds, max(0.0, excess))


def call_until_settled(
    seconds_of_call: Callable[[], float], is_waking: Callable[[], bool] = lambda: False
) -> WarmUp:
    """Repeat work until its times have settled.

    Parameters
    ----------
    seconds_of_call : callable
        Does the work once and returns what it took.
    is_waking : callable
        Says whether the device has still to come to its clock: until then there is no end but
        by the time that all may take.
    """
    seconds: list[float] = []
    while sum(seconds) <= RULE.max_warm_up_seconds and (
        (not settled(seconds) and len(seconds) < RULE.max_warm_up_calls) or is_waking()
    ):
        seconds.append(seconds_of_call())
    return WarmUp.of(seconds, min(seconds[-RULE.settled_calls :]), settled=settled(seconds))


def first_and_last(order: Order, rates: Rates, batch_size: int) -> tuple[Order, Rates]:
    """Return the first few batches of an epoch and its last one, with their rates."""
    n_steps = len(rates)
    if n_steps <= RULE.warm_up_batches + 1:
        return order, rates
    last = (n_steps - 1) * batch_size
    part = np.concatenate([order[: RULE.warm_up_batches * batch_size], order[last:]])
    return part, array("d", [*rates[: RULE.warm_up_batches], rates[-1]])


@dataclass(frozen=True)
class Ready:
    """A kernel that has matched the reference and is warm.

    Attributes
    ----------
    state : object
        The kernel's, to be reset before it is used.
    """

    state: Any
    gate: GateReport
    warm_up: WarmUp


def ready(case: TrainingCase, plan: Plan, drain: Action, instruments: Instruments) -> Ready:
    """Prepare a kernel, verify it, and train, untimed, until the times have settled.

    Raises
    ------
    GateError
        When the kernel does not match the reference; the clock has not been read then.
    """
    kernel = case.kernel
    backends.get(kernel.backend).probe()  # importing the library is no part of preparing
    faults = instruments.telemetry.read().minor_faults
    begin = time.perf_counter()
    state = case.prepare(plan.start)
    drain()
    allocation = time.perf_counter() - begin
    report = gate.verify(case, plan, state)
    warmed = _train_until_settled(case, plan, state, drain, instruments)
    after = instruments.telemetry.read().minor_faults
    touched = None if faults is None or after is None else after - faults
    told = replace(
        warmed,
        allocation_seconds=allocation,
        first_step_seconds=report.first_step_seconds,
        page_faults=touched,
    )
    return Ready(state, report, told)


def _train_until_settled(
    case: TrainingCase, plan: Plan, state: Any, drain: Action, instruments: Instruments
) -> WarmUp:
    """Train on parts of an epoch, then on whole ones, until the times have settled."""
    order, rates = plan.orders[0], plan.learning_rates[0]
    part, part_rates = first_and_last(order, rates, case.batch_size)

    def seconds_of(order: Order, rates: Rates) -> float:
        work = partial(case.kernel.epoch, state, order, rates)
        return time_round(work, drain, instruments).drained_seconds

    first = call_until_settled(partial(seconds_of, part, part_rates), instruments.is_waking)
    if len(part_rates) == len(rates):
        return first
    expected = first.settled_seconds * len(rates) / len(part_rates)
    epochs: list[float] = []
    done = False
    while not done and len(epochs) < RULE.max_warm_up_epochs:
        epochs.append(seconds_of(order, rates))
        done = epochs[-1] <= RULE.max_settled_ratio * expected or settled(epochs)
    whole = WarmUp.of(epochs, min(epochs), settled=done)
    return replace(
        whole,
        calls=first.calls + whole.calls,
        seconds=first.seconds + whole.seconds,
        excess_seconds=first.excess_seconds + whole.excess_seconds,
    )


def warm_calls(fresh: Callable[[], Action], drain: Action, instruments: Instruments) -> WarmUp:
    """Repeat work that is prepared already until its times have settled.

    Parameters
    ----------
    fresh : callable
        Returns the work, each time anew.
    """
    return call_until_settled(
        lambda: time_round(fresh(), drain, instruments).drained_seconds, instruments.is_waking
    )


# What the harness itself costs. It is kept beside the times and never subtracted from them.


@dataclass(frozen=True)
class Overhead:
    """What an empty kernel takes.

    Attributes
    ----------
    seconds_per_round : float
        Reading the clock: what a round takes in which nothing is called.
    seconds_per_call : float
        What the loop adds for each call of an empty kernel and the wait after it.
    """

    seconds_per_round: float
    seconds_per_call: float

    def share(self, seconds: float, iterations: int) -> float:
        """Return the harness's share of what a round in which work is done shows."""
        spent = self.seconds_per_round / iterations + self.seconds_per_call
        return spent / seconds if seconds > 0 else math.inf


def overhead(drain: Action, instruments: Instruments) -> Overhead:
    """Time an empty kernel.

    Parameters
    ----------
    drain : callable
        Waits for the device that is about to be measured on.
    """

    def median_of(n_rounds: int, calls: Sequence[Action]) -> float:
        # Nothing stands in for the wait at the end: it is counted with each call.
        rounds = [time_calls(calls, empty_kernel, instruments) for _ in range(n_rounds)]
        return statistics.median(one.drained_seconds for one in rounds)

    per_round = median_of(RULE.empty_rounds, ())
    filled = median_of(RULE.filled_rounds, (empty_kernel, drain) * RULE.empty_calls)
    return Overhead(per_round, max(0.0, filled - per_round) / RULE.empty_calls)


# How many calls make a round. A round that is too short shows the clock, its resolution, and
# the slower first moments after a pause: cold caches, sleeping threads.


@dataclass(frozen=True)
class Calibration:
    """How often work is done.

    Attributes
    ----------
    iterations : int
        In a round.
    lead_in : int
        Just before its clock starts; 0 for work that is long enough.
    """

    iterations: int
    lead_in: int


def calibrate(
    seconds: float, clock_seconds: float = 0.0, affordable: int = RULE.max_iterations
) -> Calibration:
    """Find how often work is done in a round and before it.

    Parameters
    ----------
    seconds : float
        That the work takes once. With 0, of a clock that stands still, it is done once.
    clock_seconds : float
        That reading the clock takes.
    affordable : int
        No more than so often for the sake of the round's length; the clock's share comes
        first.
    """
    if seconds <= 0:
        return Calibration(1, 1)
    unseen = max(clock_seconds, time.get_clock_info("perf_counter").resolution)
    for_the_clock = math.ceil(unseen / (RULE.max_clock_share * seconds))
    for_the_length = min(affordable, math.ceil(RULE.min_round_seconds / seconds))
    iterations = min(RULE.max_iterations, max(1, for_the_clock, for_the_length))
    if seconds >= RULE.short_work_seconds:
        return Calibration(iterations, 0)
    most = max(1, int(RULE.max_lead_in_share * affordable))
    return Calibration(iterations, min(most, math.ceil(RULE.lead_in_seconds / seconds)))


def seconds_in_a_row(
    work: Action, drain: Action, instruments: Instruments, seconds_alone: float
) -> float:
    """Return what work takes once among others of its kind, none of them awaited by itself.

    Of work in a row only the first has to wait for the device to begin, and only the last is
    awaited: so it is the difference between a row and one alone, for each that is more.

    Parameters
    ----------
    seconds_alone : float
        What the work takes from an idle device to an idle device.
    """
    n = calibrate(seconds_alone).iterations
    if n == 1:
        return seconds_alone
    in_a_row = call_until_settled(
        lambda: time_round(work, drain, instruments, n).drained_seconds
    ).settled_seconds
    more = in_a_row - seconds_alone
    return more / (n - 1) if more > 0 else in_a_row / n


# How many rounds make a case.


class Stop(str, Enum):
    """Why no further round was timed."""

    PRECISE = "precise"
    BUDGET = "budget"
    ROUNDS = "rounds"
    PROTOCOL = "protocol"


@dataclass(frozen=True)
class StoppingRule:
    """Rounds until the median is known to a target precision, within a budget of time.

    Attributes
    ----------
    target : float
        Half the width of the 95% interval for the median of the rounds, as a share of it.
    budget_seconds : float
        No further round when so much work is timed …
    max_rounds : int
        … or when there are so many rounds.
    min_rounds : int
        So many in any case.
    """

    target: float
    budget_seconds: float
    max_rounds: int
    min_rounds: int = 1

    @classmethod
    def of(cls, protocol: Protocol, min_rounds: int) -> StoppingRule:
        """Return a protocol's rule, with so many rounds that one process needs."""
        return cls(
            protocol.target,
            protocol.seconds_per_case,
            protocol.max_rounds,
            protocol.least(min_rounds),
        )

    def reason(self, rounds: Sequence[Round]) -> Stop | None:
        """Say why no further round is needed.

        Parameters
        ----------
        rounds : sequence of Round
            All so far.

        Returns
        -------
        Stop or None
            None where another round is to be timed.
        """
        n_rounds = len(rounds)
        if n_rounds < self.min_rounds:
            return None
        over = None
        if sum(one.drained_seconds for one in rounds) >= self.budget_seconds:
            over = Stop.BUDGET
        elif n_rounds >= self.max_rounds:
            over = Stop.ROUNDS
        looks = (
            over is not None
            or n_rounds % max(1, int(RULE.growth_between_looks * n_rounds)) == 0
        )
        enough = n_rounds >= RULE.min_precise_rounds
        if looks and enough and relative_half_width(seconds_of(rounds)) <= self.target:
            return Stop.PRECISE
        return over
