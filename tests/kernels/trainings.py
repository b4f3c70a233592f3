"""Small trainings for the shared suites: where they start, in what order, at what rates."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from kernels import reference, sampling, schedules
from kernels.contract import Start

if TYPE_CHECKING:
    from data.workload import Workload
    from kernels.contract import Order, Rates, TrainKernel, Weight
    from kernels.reference import Reference

DEVICE = "cpu(0)"
SEED = 7


def start_of(workload: Workload, seed: int = SEED) -> Start:
    rng = np.random.default_rng(seed)
    drawn = sampling.draw_start(rng, workload.n_features)
    return Start(weight=drawn.weight, bias=0.25)


def order_of(
    workload: Workload, kernel: TrainKernel, sampled: sampling.Sampling = "without-replacement"
) -> Order:
    """Draw an order; a kernel that does not shuffle is given the samples as they lie."""
    how = sampled if kernel.shuffles else "sequential"
    return sampling.draw_order(np.random.default_rng(SEED), workload.n_samples, how)


def rates_of(
    workload: Workload, kernel: TrainKernel, batch_size: int, text: str, epoch: int = 0
) -> Rates:
    eta = kernel.rule.rate(workload.default_learning_rate(batch_size))
    schedule = schedules.parse(text, eta)
    return array("d", schedule.rates(epoch, -(-workload.n_samples // batch_size)).tolist())


def assert_matches(expected: Reference, parameters: tuple[Weight, float]) -> None:
    distance = reference.distance(expected, *parameters)
    assert distance <= expected.tolerance
