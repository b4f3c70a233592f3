"""Warms a training up: until compilation and allocation are over, by a rule.

A library may compile anew for every shape that it meets: of a full batch, of the short
last one, of a whole epoch. So first the first few batches and the last one are run, twice;
then whole epochs, until one takes about as long as it should by what came before it.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from bench.measure.rounds import time_round

if TYPE_CHECKING:
    from bench.measure.gate import TrainingCase
    from bench.measure.protocol import Plan
    from bench.measure.rounds import Action, Clock
    from kernels.contract import Order, Rates

FIRST_BATCHES = 20
MOST_EPOCHS = 5
#: An epoch is as expected when it takes at most this much longer …
SLOWER = 1.25
#: … and no longer getting faster when it takes at least this share of the one before.
FASTER = 0.8


@dataclass(frozen=True)
class WarmUp:
    """What it took.

    Attributes
    ----------
    epochs : int
        Whole ones.
    seconds : float
        All of it.
    settled : bool
        Whether the last epoch took about as long as expected.
    """

    epochs: int
    seconds: float
    settled: bool


def first_and_last(order: Order, rates: Rates, batch_size: int) -> tuple[Order, Rates]:
    """Return the first few batches of an epoch and its last one, with their rates."""
    n_steps = len(rates)
    if n_steps <= FIRST_BATCHES + 1:
        return order, rates
    last = (n_steps - 1) * batch_size
    part = np.concatenate([order[: FIRST_BATCHES * batch_size], order[last:]])
    return part, array("d", [*rates[:FIRST_BATCHES], rates[-1]])


def warm_up(case: TrainingCase, plan: Plan, drain: Action, clock: Clock) -> WarmUp:
    """Train, untimed, until the times have settled.

    Parameters
    ----------
    case : TrainingCase
    plan : Plan
    drain : callable
    clock : callable

    Returns
    -------
    WarmUp
    """
    kernel = case.kernel
    state = kernel.prepare(case.workload, case.device, case.batch_size, case.loader, plan.start)
    order, rates = plan.orders[0], plan.learning_rates[0]
    part, part_rates = first_and_last(order, rates, case.batch_size)

    def seconds_of(order: Order, rates: Rates) -> float:
        work = partial(kernel.epoch, state, order, rates)
        return time_round(work, drain, clock).drained_seconds

    taken = [seconds_of(part, part_rates) for _ in range(2)]
    expected = taken[-1] * len(rates) / len(part_rates)
    previous = float("inf")
    for epochs in range(1, MOST_EPOCHS + 1):
        seconds = seconds_of(order, rates)
        taken.append(seconds)
        if seconds <= SLOWER * expected or seconds >= FASTER * previous:
            return WarmUp(epochs, sum(taken), settled=True)
        previous = seconds
    return WarmUp(MOST_EPOCHS, sum(taken), settled=False)
