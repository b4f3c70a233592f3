"""What one training step moves and computes, as its kernel declares it.

A step on m samples of d features, written out::

    r = X w + b - y        2 m d + 2 m flops
    g = X^T r / m          2 m d + m + (d + 1) flops
    p = p - eta g          2 (d + 1) flops; with momentum 4 (d + 1)

Every kernel does this arithmetic, so flops depend on the rule alone. Bytes depend on how
often a kernel goes through its arrays: an operator that reads two and writes one moves
three times their length. Getting the batch is not in it, but where a kernel does both in
one (a whole epoch in compiled code). What is declared is the traffic of the algorithm as
its operators are written: caches may serve it, so a rate derived from it may be as high as
the fastest cache's, and no higher.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kernels.rule import UpdateRule

BYTES_PER_VALUE = 4


@dataclass(frozen=True)
class StepCost:
    """How often a step goes through each of its arrays.

    Attributes
    ----------
    features : float
        Reads and writes of arrays of m x d values: X itself and copies of it.
    samples : float
        Reads and writes of arrays of m values: labels, predictions, residuals.
    parameters : float
        Reads and writes of arrays of d + 1 values: parameters, gradients, velocities.
    """

    features: float
    samples: float
    parameters: float

    def n_bytes(self, m: int, d: int) -> float:
        """Return the bytes that a step moves.

        Parameters
        ----------
        m : int
            Samples in the batch.
        d : int
            Features, the bias not counted.

        Returns
        -------
        float
        """
        values = self.features * m * d + self.samples * m + self.parameters * (d + 1)
        return BYTES_PER_VALUE * values


def n_flops(m: int, d: int, rule: UpdateRule) -> float:
    """Return the floating-point operations of a step, additions and products alike.

    Parameters
    ----------
    m, d : int
    rule : UpdateRule

    Returns
    -------
    float
    """
    per_parameter = 5 if rule.momentum else 3
    return 4.0 * m * d + 3.0 * m + per_parameter * (d + 1)
