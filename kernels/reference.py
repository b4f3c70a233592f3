"""The float64 reference that every kernel must match before it is timed.

One step on a batch of m samples, with the bias as a further weight (``theta = [w, b]``,
``x = [x, 1]``)::

    r     = x theta - y                      residuals, shape (m,)
    g     = x^T r / m                        mean gradient of (r^2) / 2
    theta = theta - eta g

or, with momentum, as ``kernels.rule`` writes it.

Beside the trajectory runs a bound on how far float32 arithmetic may stray from it, from the
standard model of rounding (Higham 2002, *Accuracy and Stability of Numerical
Algorithms*, 2nd ed., section 3.1): a sum of products of length k, in any order, errs by
at most ``k u`` times the sum of the absolute values, ``u = 2^-24``. Rounding errors that
behave like independent ones grow with ``sqrt(k)`` (Higham & Mary 2019, SIAM J. Sci.
Comput. 41:A2815), which is what the bound takes, times a safety factor. A step adds

    delta = SAFETY u || 2 |theta| + eta sqrt(m + d + 4) a ||,
    a     = |x|^T (|x| |theta| + |y|) / m

to it, in the Euclidean norm. What a step inherits is not amplified while
``eta <= 2 / lambda_max`` of the batch, the condition under which training converges at
all; where a batch breaks it, the inherited part grows by the norm of ``I - eta x^T x / m``.

With momentum mu an error made once in the velocity moves the parameters again at every
later step, by ``1 + mu + mu^2 + … = 1 / (1 - mu)`` of itself in all where the gradient does
not pull it back. So does one made in the gradient; and rounding the velocity, of size |v|,
adds to it. The bound takes ``delta / (1 - mu)``, with |v| beside |theta| in it.

Where the factors of the two products are rounded to 10 bits first (TF32, ``u' = 2^-11``), each
errs by ``2 u'`` times the sum of its absolute values: a step adds ``4 u' eta || a ||`` more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kernels.rule import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from data.workload import Workload
    from kernels.contract import Order, Start, Weight
    from kernels.rule import UpdateRule

    Vector = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

UNIT_ROUNDOFF, TF32_ROUNDOFF = 2.0**-24, 2.0**-11
SAFETY = 4.0
#: Each of two products has two.
ROUNDED_FACTORS = 4


@dataclass(frozen=True)
class Reference:
    """Parameters after a step, and how far float32 may be from them.

    Attributes
    ----------
    theta : ndarray, shape (n_features + 1,), float64
        The weights and, last, the bias.
    tolerance : float
        Largest Euclidean distance from ``theta`` that float32 rounding explains.
    velocity : ndarray, shape (n_features + 1,), float64
        As the rule defines it; zero before the first step, and always in plain SGD.
    tf32_tolerance : float
        As ``tolerance``, with factors rounded to TF32.
    """

    theta: Vector
    tolerance: float
    velocity: Vector = field(default_factory=lambda: np.zeros(1))
    tf32_tolerance: float = 0.0

    @classmethod
    def start(cls, start: Start) -> Reference:
        """Return the reference before the first step; float32 starts are exact in float64."""
        theta = np.append(start.weight.astype(np.float64), np.float64(np.float32(start.bias)))
        return cls(theta=theta, tolerance=0.0)


def augmented_batches(
    workload: Workload, order: Order, batch_size: int
) -> Iterator[tuple[Vector, Vector]]:
    """Yield the batches of an order in float64, the features with a column of ones.

    Parameters
    ----------
    workload : Workload
    order : ndarray, shape (n,), integer
    batch_size : int

    Yields
    ------
    tuple of (ndarray, shape (m, n_features + 1); ndarray, shape (m,))
    """
    for first in range(0, len(order), batch_size):
        index = order[first : first + batch_size]
        x = np.ones((len(index), workload.n_features + 1))
        x[:, :-1] = workload.features[index]
        yield x, workload.labels[index].astype(np.float64)


def gradient(x: Vector, y: Vector, theta: Vector) -> Vector:
    """Return the mean gradient of the squared loss / 2 over a batch.

    Parameters
    ----------
    x : ndarray, shape (m, d)
    y : ndarray, shape (m,)
    theta : ndarray, shape (d,)

    Returns
    -------
    ndarray, shape (d,)
    """
    return np.asarray(x.T @ (x @ theta - y) / len(y))


def _growth(x: Vector, eta: float) -> float:
    """Return by how much a step may amplify the error that it inherits.

    The trace bounds the largest eigenvalue of ``x^T x / m``, so the eigenvalues are
    only computed where the cheap bound does not already show that nothing grows.
    """
    m, d = x.shape
    if eta * float(np.vdot(x, x)) / m <= 2.0:
        return 1.0
    hessian = x @ x.T if m < d else x.T @ x
    largest = float(np.linalg.eigvalsh(hessian / m)[-1])
    return max(1.0, eta * largest - 1.0)


def _moved(
    before: Reference, g: Vector, eta: float, rule: UpdateRule
) -> tuple[Vector, Vector, Vector]:
    """Return the parameters and the velocity after a step, and how far it went."""
    if not rule.momentum:
        return before.theta - eta * g, before.velocity, eta * g
    if rule.rate_in_velocity:
        velocity = rule.momentum * before.velocity - eta * g
        return before.theta + velocity, velocity, velocity
    velocity = rule.momentum * before.velocity + g
    return before.theta - eta * velocity, velocity, eta * velocity


def step(
    before: Reference, x: Vector, y: Vector, eta: float, rule: UpdateRule = PLAIN
) -> Reference:
    """Do one step of mini-batch SGD in float64.

    Parameters
    ----------
    before : Reference
    x : ndarray, shape (m, n_features + 1)
        Features of the batch, the last column ones.
    y : ndarray, shape (m,)
    eta : float
    rule : UpdateRule

    Returns
    -------
    Reference
    """
    m, d = x.shape
    theta, velocity, moved = _moved(before, gradient(x, y, before.theta), eta, rule)
    magnitude = np.abs(x)
    a = magnitude.T @ (magnitude @ np.abs(before.theta) + np.abs(y)) / m
    size = np.maximum(np.abs(before.theta), np.abs(theta))
    if rule.momentum:
        size = size + np.abs(moved)
    rounding = float(np.linalg.norm(2.0 * size + eta * np.sqrt(m + d + 4) * a))
    delta = SAFETY * UNIT_ROUNDOFF * rounding / (1.0 - rule.momentum)
    of_factors = ROUNDED_FACTORS * TF32_ROUNDOFF * eta * float(np.linalg.norm(a))
    growth = _growth(x, eta)
    return Reference(
        theta=theta,
        tolerance=growth * before.tolerance + delta,
        velocity=velocity,
        tf32_tolerance=growth * before.tf32_tolerance
        + delta
        + of_factors / (1.0 - rule.momentum),
    )


def distance(reference: Reference, weight: Weight, bias: float) -> float:
    """Return how far a kernel's parameters are from the reference.

    Parameters
    ----------
    reference : Reference
    weight : ndarray, shape (n_features,)
    bias : float

    Returns
    -------
    float
        The Euclidean distance; NaN where the parameters are not finite.
    """
    return float(np.linalg.norm(np.append(weight, bias) - reference.theta))


def epoch(  # noqa: PLR0917 - all that an epoch depends on
    before: Reference,
    workload: Workload,
    order: Order,
    batch_size: int,
    learning_rates: Sequence[float],
    rule: UpdateRule = PLAIN,
) -> Reference:
    """Do the steps of one epoch in float64.

    Parameters
    ----------
    before : Reference
    workload : Workload
    order : ndarray, shape (n,), integer
    batch_size : int
    learning_rates : sequence of float, length ceil(n / batch_size)
    rule : UpdateRule

    Returns
    -------
    Reference
        The parameters after the last step.
    """
    after = before
    batches = augmented_batches(workload, order, batch_size)
    for (x, y), eta in zip(batches, learning_rates, strict=True):
        after = step(after, x, y, eta, rule)
    return after
