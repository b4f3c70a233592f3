"""The correctness gate: no kernel is timed that has not just matched the reference."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import data
from bench.measure.rule import RULE
from data.workload import Workload
from kernels import backends, reference, sparsity, tf32
from kernels.contract import Start, TrainKernel, UpdateKernel
from kernels.controls import drawn
from kernels.reference import UNIT_ROUNDOFF
from kernels.registry import Registry
from kernels.rule import UpdateRule

if TYPE_CHECKING:
    from bench.measure.protocol import Plan
    from kernels.contract import Order, Weight

# Trainings: one batch at a time, the parameters compared after every step and the last batch
# short; then the same batches as one epoch, compared at its end.


class GateError(Exception):
    """A kernel does not match the reference; the message says where and by how much."""


@dataclass(frozen=True)
class TrainingCase:
    """One cell of the matrix."""

    workload: Workload
    kernel: TrainKernel
    device: str
    loader: str
    batch_size: int

    @classmethod
    def of(cls, params: Mapping[str, Any], registry: Registry) -> TrainingCase:
        """Return the case of a test's parameters."""
        return cls(
            workload=data.load(params["workload"]),
            kernel=registry.train[params["kernel"]],
            device=params["device"],
            loader=params["loader"],
            batch_size=params["batch_size"],
        )

    def prepare(self, start: Start) -> Any:
        """Return the kernel's state, prepared for the case."""
        return self.kernel.prepare(
            self.workload, self.device, self.batch_size, self.loader, start
        )

    @property
    def drain(self) -> Callable[[], object]:
        """What waits for the case's device."""
        return partial(backends.get(self.kernel.backend).drain, self.device)


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
    n_full = int(
        np.clip(RULE.gate_samples // batch_size, RULE.min_gate_steps, RULE.max_gate_steps)
    )
    sizes = [batch_size] * n_full
    if batch_size > 1:
        sizes.append(batch_size // 2)
    return np.split(np.resize(order, sum(sizes)), np.cumsum(sizes)[:-1])


def check(case: TrainingCase, expected: reference.Reference, state: object, when: str) -> float:
    """Compare a kernel's parameters with the reference.

    Parameters
    ----------
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
    largest = RULE.max_gate_error * max(1.0, float(np.linalg.norm(expected.theta)))
    rounded = tf32.rounds(case.device)
    explained = expected.tf32_tolerance if rounded else expected.tolerance
    tolerance = min(explained, largest)
    if not distance <= tolerance:
        raise GateError(
            f"{case.kernel.name} on {case.device} ({case.loader}, batch size "
            f"{case.batch_size}) is wrong, so it is not timed: {when} its parameters are "
            f"{distance:.3g} from the float64 reference, {'TF32' if rounded else 'float32'} "
            f"rounding explains {tolerance:.3g}."
        )
    return distance / tolerance if tolerance else 0.0


def verify(case: TrainingCase, plan: Plan, state: object) -> GateReport:
    """Let a kernel train a little and compare it with the reference.

    Parameters
    ----------
    plan : Plan
        Gives the start, the order and the learning rates.
    state : object
        The kernel's, that is about to be timed; it is put back to the start first.

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


# Updates: what float64 makes of them, and how far a precision may be from it.


#: Unit roundoff of the stored weights.
ROUNDOFF = {"float32": UNIT_ROUNDOFF, "float16": 2.0**-11, "mixed": UNIT_ROUNDOFF}
SMALLEST = {
    "float32": float(np.finfo(np.float32).tiny),
    "float16": float(np.finfo(np.float16).tiny),
    "mixed": float(np.finfo(np.float16).tiny),
}


@dataclass(frozen=True)
class Tensors:
    """Weights and gradients, a pair for each tensor.

    Attributes
    ----------
    weights, gradients : tuple of ndarray, each of shape (n,), float32
    n_updated : int
        Parameters that have a gradient.
    """

    weights: tuple[Weight, ...]
    gradients: tuple[Weight, ...]
    n_updated: int


@lru_cache(maxsize=1)
def _draw(n_parameters: int, seed: int) -> tuple[Weight, Weight]:
    return drawn(n_parameters, seed), drawn(n_parameters, seed + 1)


def _sparse(gradient: Weight, density: float) -> tuple[Weight, int]:
    """Return a gradient that is zero but in some rows, and how many values those have."""
    n_columns = sparsity.width(len(gradient))
    rows = sparsity.active(len(gradient), density)
    kept = np.zeros_like(gradient).reshape(-1, n_columns)
    kept[rows] = gradient.reshape(-1, n_columns)[rows]
    return kept.reshape(-1), len(rows) * n_columns


@lru_cache(maxsize=1)
def draw_tensors(
    n_parameters: int, n_tensors: int, precision: str, density: float, seed: int
) -> Tensors:
    """Draw weights and gradients from N(0, 1), as a kernel of a precision can hold them.

    Parameters
    ----------
    n_parameters : int
        Of all tensors together.
    n_tensors : int
        The tensors are as equal in size as can be.
    precision : {'float32', 'float16', 'mixed'}
    """
    weight, gradient = _draw(n_parameters, seed)
    if precision != "float32":
        weight, gradient = (
            one.astype(np.float16).astype(np.float32) for one in (weight, gradient)
        )
    weights = np.array_split(weight, n_tensors)
    gradients = np.array_split(gradient, n_tensors)
    if density == 1.0:
        return Tensors(tuple(weights), tuple(gradients), n_parameters)
    kept = [_sparse(one, density) for one in gradients]
    return Tensors(tuple(weights), tuple(one for one, _ in kept), sum(n for _, n in kept))


def tensors_for(kernel: UpdateKernel, n_parameters: int, n_tensors: int, seed: int) -> Tensors:
    """Draw the tensors that a kernel is given."""
    return draw_tensors(n_parameters, n_tensors, kernel.precision, kernel.density, seed)


def distance_moved(rule: UpdateRule, n_updates: int) -> float:
    """Return how often ``eta g`` a parameter has moved after updates with one gradient.

    With momentum mu the j-th update moves it by ``(1 - mu^j) / (1 - mu)`` of it.
    """
    mu = rule.momentum
    geometric = mu * (1.0 - mu**n_updates) / (1.0 - mu)
    return (n_updates - geometric) / (1.0 - mu)


def _chunks(arrays: Sequence[Weight]) -> Iterator[tuple[int, slice]]:
    for number, values in enumerate(arrays):
        for first in range(0, len(values), RULE.checked_elements):
            yield number, slice(first, first + RULE.checked_elements)


def worst_ratio(
    kernel: UpdateKernel,
    tensors: Tensors,
    parameters: Sequence[NDArray[np.float32]],
    eta: float,
    n_updates: int,
) -> float:
    """Compare parameters with float64 after some updates with the same gradients.

    Each update rounds the rate, at most two products and the difference, by u each; so
    after k of them rounding explains ``4 k u (|w| + |moved|)`` in each element (Higham
    2002, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 3.1), with
    momentum mu the moved part over ``1 - mu``. Float16 weights with a float32 master are
    rounded to float16 once more when they are written.

    Parameters
    ----------
    tensors : Tensors
        What the kernel was given.
    parameters : sequence of ndarray
        What it has made of the weights.

    Returns
    -------
    float
        The largest difference as a share of what rounding explains; NaN where one is NaN.
    """
    u, tiny = ROUNDOFF[kernel.precision], SMALLEST[kernel.precision]
    factor = eta * distance_moved(kernel.rule, n_updates)
    worst = 0.0
    for number, part in _chunks(tensors.weights):
        w = tensors.weights[number][part].astype(np.float64)
        moved = factor * tensors.gradients[number][part].astype(np.float64)
        allowed = np.abs(w) + np.abs(moved) / (1.0 - kernel.rule.momentum)
        allowed = 4 * n_updates * u * allowed + tiny
        w -= moved
        if kernel.precision == "mixed":
            allowed += ROUNDOFF["float16"] * np.abs(w)
        ratio = float((np.abs(parameters[number][part] - w) / allowed).max())
        if not ratio <= worst:
            worst = ratio
        if np.isnan(worst):
            break
    return worst
