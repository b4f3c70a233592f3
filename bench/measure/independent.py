"""Times an epoch by a plain loop: none of the suite's own timing, to compare it with."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING

from bench.measure.protocol import plan_training
from kernels import backends

if TYPE_CHECKING:
    from bench.measure.gate import TrainingCase
    from bench.measure.protocol import Protocol

WARM_UP_EPOCHS = 3
#: Epochs are repeated between two readings of the clock until they take so long.
BLOCK_SECONDS = 1e-3
MIN_BLOCKS = 7


def plain_loop(case: TrainingCase, protocol: Protocol) -> list[float]:
    """Time epochs, each awaited, with ``time.perf_counter`` around them.

    Parameters
    ----------
    case : TrainingCase
    protocol : Protocol
        Gives the orders, the rates and how much is timed.

    Returns
    -------
    list of float
        Seconds of an epoch, of each block of epochs.
    """
    kernel = case.kernel
    drain = partial(backends.get(kernel.backend).drain, case.device)
    protocol = protocol.of(kernel)
    plan = plan_training(case.workload, case.batch_size, protocol, kernel.rule)
    state = kernel.prepare(case.workload, case.device, case.batch_size, case.loader, plan.start)
    epochs = list(zip(plan.orders, plan.learning_rates, strict=True))
    for number in range(WARM_UP_EPOCHS):
        kernel.epoch(state, *epochs[number % len(epochs)])
    drain()
    begin = time.perf_counter()
    kernel.epoch(state, *epochs[0])
    drain()
    repeats = max(1, math.ceil(BLOCK_SECONDS / (time.perf_counter() - begin)))
    todo = [epochs[number % len(epochs)] for number in range(repeats)]
    seconds: list[float] = []
    while len(seconds) < MIN_BLOCKS or sum(seconds) * repeats < protocol.seconds_per_case:
        drain()
        begin = time.perf_counter()
        for order, rates in todo:
            kernel.epoch(state, order, rates)
            drain()
        seconds.append((time.perf_counter() - begin) / repeats)
    return seconds
