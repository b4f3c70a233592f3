"""The correctness gate: no kernel is timed that has not just matched the reference.

Same start, same sample order, on the device, with the loader and at the batch size that
are about to be timed. First one batch at a time, the parameters compared after every
step, the last batch short; then the same batches as one epoch, compared at its end.
"""

from __future__ import annotations

import time
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kernels import reference

if TYPE_CHECKING:
    from bench.measure.protocol import Plan
    from data.workload import Workload
    from kernels.contract import Order, TrainKernel

#: Enough samples for several steps at small batch sizes, few enough to stay cheap at large.
GATE_SAMPLES = 64
MAX_STEPS = 16
MIN_STEPS = 2
#: However much rounding a bound explains: parameters that are further off than this, as a
#: share of their norm, are wrong. The worst-case bound grows without limit where the
#: learning rate is so large that single batches amplify the error that they inherit.
LARGEST_SHARE = 0.01


class GateError(Exception):
    """A kernel does not match the reference; the message says where and by how much."""


@dataclass(frozen=True)
class TrainingCase:
    """One cell of the matrix.

    Attributes
    ----------
    workload : Workload
    kernel : TrainKernel
    device : str
    loader : str
    batch_size : int
    """

    workload: Workload
    kernel: TrainKernel
    device: str
    loader: str
    batch_size: int


@dataclass(frozen=True)
class GateReport:
    """How close a kernel came.

    Attributes
    ----------
    steps : int
        Steps compared.
    worst_ratio : float
        The largest distance from the reference, as a share of what float32 allows.
    first_step_seconds : float or None
        What the very first step took, what it had to compile included.
    """

    steps: int
    worst_ratio: float
    first_step_seconds: float | None = None


def _batches(order: Order, batch_size: int) -> list[Order]:
    """Return the sample indices of the gate's batches, the last one short."""
    n_full = int(np.clip(GATE_SAMPLES // batch_size, MIN_STEPS, MAX_STEPS))
    sizes = [batch_size] * n_full
    if batch_size > 1:
        sizes.append(batch_size // 2)
    enough = np.resize(order, sum(sizes))
    return np.split(enough, np.cumsum(sizes)[:-1])


def check(case: TrainingCase, expected: reference.Reference, state: object, when: str) -> float:
    """Compare a kernel's parameters with the reference.

    Parameters
    ----------
    case : TrainingCase
    expected : Reference
    state : object
        The kernel's.
    when : str
        For the message.

    Returns
    -------
    float
        The distance as a share of the tolerance, at most 1.

    Raises
    ------
    GateError
    """
    distance = reference.distance(expected, *case.kernel.parameters(state))
    largest = LARGEST_SHARE * max(1.0, float(np.linalg.norm(expected.theta)))
    tolerance = min(expected.tolerance, largest)
    if not distance <= tolerance:
        raise GateError(
            f"{case.kernel.name} on {case.device} ({case.loader}, batch size "
            f"{case.batch_size}) is wrong, so it is not timed: {when} its parameters are "
            f"{distance:.3g} from the float64 reference, float32 rounding explains "
            f"{tolerance:.3g}."
        )
    return distance / tolerance if tolerance else 0.0


def verify(case: TrainingCase, plan: Plan, state: object) -> GateReport:
    """Let a kernel train a little and compare it with the reference.

    Parameters
    ----------
    case : TrainingCase
    plan : Plan
        Gives the start, the order and the learning rates.
    state : object
        The kernel's, that is about to be timed; it is put back to the start first.

    Returns
    -------
    GateReport

    Raises
    ------
    GateError
    """
    kernel, size = case.kernel, case.batch_size
    batches = _batches(plan.orders[0], size)
    rates = array("d", np.resize(plan.learning_rates[0], len(batches)).tolist())
    origin = reference.Reference.start(plan.start)

    kernel.reset(state, plan.start)
    expected, worst, first_step = origin, 0.0, None
    for number, (batch, eta) in enumerate(zip(batches, rates, strict=True), 1):
        expected = reference.epoch(expected, case.workload, batch, size, [eta], kernel.rule)
        when = f"after step {number} (of {len(batch)} samples)"
        begin = time.perf_counter()
        kernel.epoch(state, batch, array("d", [eta]))
        worst = max(worst, check(case, expected, state, when))
        first_step = first_step or time.perf_counter() - begin

    kernel.reset(state, plan.start)
    kernel.epoch(state, np.concatenate(batches), rates)
    worst = max(worst, check(case, expected, state, f"after an epoch of {len(batches)} steps"))
    return GateReport(2 * len(batches), worst, first_step)
