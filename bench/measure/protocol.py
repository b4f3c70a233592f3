"""How a training is run: everything that its result depends on beside the case itself."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from bench.measure.rule import RULE
from data.workload import Workload
from kernels import reference, schedules
from kernels.contract import Start, TrainKernel
from kernels.rule import PLAIN, UpdateRule
from kernels.sampling import Sampling, draw_order, draw_start

if TYPE_CHECKING:
    from bench.measure.rounds import Action
    from kernels.contract import Order, Rates


@dataclass(frozen=True)
class Protocol:
    """Settings of a run.

    Attributes
    ----------
    epochs : int
        Epochs of one training; each is one timed round.
    seconds_per_case : float
        Trainings are repeated until this much timed work is done …
    max_rounds : int
        … or until there are this many rounds …
    target : float
        … or until half the width of the 95% interval for their median is this share of it.
    alone : bool
        False where another process measures the same: then fewer rounds suffice, and a
        training may end early, for its losses are known.
    phases : bool
        Whether an instrumented pass says where the time of an epoch goes.
    seed : int
        Of the start and of the sample orders; the same for all kernels and batch sizes.
    sampling : {'without-replacement', 'with-replacement', 'sequential'}
    schedule : str
        As ``kernels.schedules.parse`` reads it.
    learning_rate : float or None
        None leaves it to the workload, by batch size.
    tolerance : float
        How far above the optimum's loss a training to the target ends, as a share of it.
    """

    epochs: int
    seconds_per_case: float
    max_rounds: int = 1000
    target: float = 0.01
    alone: bool = True
    phases: bool = True
    notebook_repeats: int = 3
    seed: int = 0
    sampling: Sampling = "without-replacement"
    schedule: str = "constant"
    learning_rate: float | None = None
    tolerance: float = 0.01

    def least(self, rounds: int) -> int:
        """Return how many rounds are timed in any case, of so many that one process needs."""
        return rounds if self.alone else max(1, rounds // RULE.alternating_divisor)

    def eta(self, workload: Workload, batch_size: int, rule: UpdateRule = PLAIN) -> float:
        """Return the initial learning rate at a batch size, under an update rule."""
        if self.learning_rate is not None:
            return self.learning_rate
        return rule.rate(workload.default_learning_rate(batch_size))

    def of(self, kernel: TrainKernel) -> Protocol:
        """Return the protocol as a kernel can follow it: without shuffling, if it has none."""
        return self if kernel.shuffles else replace(self, sampling="sequential")


@dataclass(frozen=True, eq=False)
class Plan:
    """One training, decided in advance, so that every kernel does the same.

    Attributes
    ----------
    orders : tuple of ndarray, each of shape (n_samples,), one an epoch
    expected : tuple of Reference
        The float64 reference after each epoch.
    """

    start: Start
    orders: tuple[Order, ...]
    learning_rates: tuple[Rates, ...]
    expected: tuple[reference.Reference, ...]

    def works(self, kernel: TrainKernel, state: object) -> list[Action]:
        """Return the epochs as work for a kernel, on its state."""
        return [
            partial(kernel.epoch, state, order, rates)
            for order, rates in zip(self.orders, self.learning_rates, strict=True)
        ]


class DivergedError(Exception):
    """The reference itself does not stay finite; the message says at which settings."""


@lru_cache(maxsize=8)
def _draw(
    workload: Workload, seed: int, sampling: Sampling, epochs: int
) -> tuple[Start, tuple[Order, ...]]:
    """Draw the start and the orders, the same for every kernel and batch size."""
    rng = np.random.default_rng(seed)
    start = draw_start(rng, workload.n_features)
    return start, tuple(draw_order(rng, workload.n_samples, sampling) for _ in range(epochs))


@lru_cache(maxsize=64)
def plan_training(
    workload: Workload,
    batch_size: int,
    protocol: Protocol,
    rule: UpdateRule = PLAIN,
    repeats: int = 1,
) -> Plan:
    """Draw the start and the orders, and compute what float64 makes of them.

    Parameters
    ----------
    repeats : int
        The epochs of the protocol so many times one after the other, in the same sample
        orders: new ones for each would not stay in the caches.

    Raises
    ------
    DivergedError
        When the learning rate is too large for the batch size.
    """
    start, orders = _draw(workload, protocol.seed, protocol.sampling, protocol.epochs)
    orders *= repeats
    n_steps = math.ceil(workload.n_samples / batch_size)
    eta = protocol.eta(workload, batch_size, rule)
    schedule = schedules.parse(protocol.schedule, eta)
    rates, expected = [], []
    now = reference.Reference.start(start)
    for epoch, order in enumerate(orders):
        rates.append(array("d", schedule.rates(epoch, n_steps).tolist()))
        with np.errstate(over="ignore", invalid="ignore"):
            now = reference.epoch(now, workload, order, batch_size, rates[-1], rule)
        if not np.isfinite(now.theta).all() or np.abs(now.theta).max() > RULE.max_parameter:
            raise DivergedError(
                f"training diverges: the learning rate {eta:g} is too large for batch size "
                f"{batch_size} on {workload.name}; give a smaller --learning-rate."
            )
        expected.append(now)
    return Plan(start, orders, tuple(rates), tuple(expected))


EVALUATE_EVERY = 100


# The settings of the published notebook, and what it printed.


@dataclass(frozen=True)
class Published:
    """A setting of the notebook, and what it printed.

    Attributes
    ----------
    loss, seconds_per_epoch : float or None
        None where no printed figure of this data set is known.
    """

    kernel: str
    batch_size: int
    learning_rate: float
    epochs: int
    loss: float | None = None
    seconds_per_epoch: float | None = None


#: The figures for ``nd`` are the published ones. For Gluon the text gives the setting, but
#: the figure that it printed is not known for these four features.
PUBLISHED = (
    Published("nd.autograd", 1500, 1.0, 6, 0.256381, 0.022584),
    Published("nd.autograd", 1, 0.005, 2, 0.257966, 1.866395),
    Published("nd.autograd", 10, 0.05, 2, 0.259893, 0.239172),
    Published("gluon.trainer", 10, 0.05, 2),
)


def published(kernel: str, batch_size: int) -> Published | None:
    """Return the notebook's setting for a kernel and a batch size, if it has one."""
    asked = kernel, batch_size
    return next((one for one in PUBLISHED if (one.kernel, one.batch_size) == asked), None)
