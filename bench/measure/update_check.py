"""What an update must come to, in float64, and how far its precision may stray from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from kernels import sparsity
from kernels.controls import drawn
from kernels.reference import UNIT_ROUNDOFF

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from kernels.contract import UpdateKernel, Weight
    from kernels.rule import UpdateRule

#: Unit roundoff of the stored weights.
ROUNDOFF = {"float32": UNIT_ROUNDOFF, "float16": 2.0**-11, "mixed": UNIT_ROUNDOFF}
SMALLEST = {
    "float32": float(np.finfo(np.float32).tiny),
    "float16": float(np.finfo(np.float16).tiny),
    "mixed": float(np.finfo(np.float16).tiny),
}
#: Elements compared at a time, so that the float64 copies stay small.
CHUNK = 2**20


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
    density : float
    seed : int

    Returns
    -------
    Tensors
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

    Parameters
    ----------
    rule : UpdateRule
    n_updates : int

    Returns
    -------
    float
    """
    mu = rule.momentum
    if not mu:
        return float(n_updates)
    geometric = mu * (1.0 - mu**n_updates) / (1.0 - mu)
    return (n_updates - geometric) / (1.0 - mu)


def _chunks(arrays: Sequence[Weight]) -> Iterator[tuple[int, slice]]:
    for number, array in enumerate(arrays):
        for first in range(0, len(array), CHUNK):
            yield number, slice(first, first + CHUNK)


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
    kernel : UpdateKernel
    tensors : Tensors
        What the kernel was given.
    parameters : sequence of ndarray
        What it has made of the weights.
    eta : float
    n_updates : int

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
