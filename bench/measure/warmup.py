"""Makes work ready to be timed: prepared, verified, warm by a rule."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.measure import gate
from bench.measure.gate import GateReport, TrainingCase
from bench.measure.protocol import Plan
from bench.measure.rounds import Action, Instruments, time_round
from bench.measure.rule import RULE
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


@dataclass(frozen=True)
class Calls:
    """Calls that were made until their times had settled.

    Attributes
    ----------
    seconds : tuple of float
        Of each.
    settled : bool
        False where the rule gave up.
    """

    seconds: tuple[float, ...]
    settled: bool

    @property
    def settled_seconds(self) -> float:
        """What a call takes at the end."""
        return min(self.seconds[-RULE.settled_calls :])


def call_until_settled(seconds_of_call: Callable[[], float]) -> Calls:
    """Repeat work until its times have settled.

    Parameters
    ----------
    seconds_of_call : callable
        Does the work once and returns what it took.
    """
    seconds: list[float] = []
    while (
        not settled(seconds)
        and len(seconds) < RULE.max_warm_up_calls
        and sum(seconds) <= RULE.max_warm_up_seconds
    ):
        seconds.append(seconds_of_call())
    return Calls(tuple(seconds), settled(seconds))


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

    first = call_until_settled(partial(seconds_of, part, part_rates))
    if len(part_rates) == len(rates):
        return WarmUp.of(first.seconds, first.settled_seconds, settled=first.settled)
    expected = first.settled_seconds * len(rates) / len(part_rates)
    epochs: list[float] = []
    done = False
    while not done and len(epochs) < RULE.max_warm_up_epochs:
        epochs.append(seconds_of(order, rates))
        done = epochs[-1] <= RULE.max_settled_ratio * expected or settled(epochs)
    parts = WarmUp.of(first.seconds, first.settled_seconds, settled=True)
    whole = WarmUp.of(epochs, min(epochs), settled=done)
    return replace(
        whole,
        calls=parts.calls + whole.calls,
        seconds=parts.seconds + whole.seconds,
        excess_seconds=parts.excess_seconds + whole.excess_seconds,
    )


def warm_calls(fresh: Callable[[], Action], drain: Action, instruments: Instruments) -> WarmUp:
    """Repeat work that is prepared already until its times have settled.

    Parameters
    ----------
    fresh : callable
        Returns the work, each time anew.
    """
    calls = call_until_settled(lambda: time_round(fresh(), drain, instruments).drained_seconds)
    return WarmUp.of(calls.seconds, calls.settled_seconds, settled=calls.settled)
