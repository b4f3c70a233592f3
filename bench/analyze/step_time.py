"""What a step costs by its batch size, and an epoch, whose last step may be short.

``t(B) = a + b max(B, c)``: every sample adds ``b``, a step costs ``a`` besides (Hockney 1983,
Parallel Computing 1:1, whose n_half is ``a / b`` and whose r_inf is ``1 / b``), and below
``c`` samples the host cannot launch the steps any faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class StepTime:
    """The time of a step, for one set of parameters or for many draws of them.

    Attributes
    ----------
    a : ndarray, shape () or (n_draws,)
        Seconds that a step costs whatever its batch size, on the line; below zero where
        the line starts on a plateau and is steep.
    b : ndarray, shape () or (n_draws,)
        Seconds that a sample adds; 0 where the batch size does not matter.
    c : ndarray, shape () or (n_draws,)
        Batch size below which there is a plateau; 0 for none.
    """

    a: Array
    b: Array
    c: Array

    @classmethod
    def of(cls, a: ArrayLike, b: ArrayLike, c: ArrayLike) -> StepTime:
        """Make one of whatever is like an array."""
        return cls(*(np.asarray(value, dtype=float) for value in (a, b, c)))

    def seconds(self, batch_size: ArrayLike) -> Array:
        """Return the seconds of a step.

        Parameters
        ----------
        batch_size : array_like
            Samples in it; broadcast against the parameters.

        Returns
        -------
        ndarray
        """
        seconds: Array = self.a + self.b * np.maximum(batch_size, self.c)
        return seconds

    def epoch_seconds(self, batch_size: ArrayLike, n_samples: int) -> Array:
        """Return the seconds of an epoch of whole batches and what is left over.

        Parameters
        ----------
        batch_size : array_like
            Broadcast against the parameters.
        n_samples : int

        Returns
        -------
        ndarray
        """
        n_full, rest = np.divmod(n_samples, np.asarray(batch_size))
        short = np.where(rest > 0, self.seconds(rest), 0.0)
        seconds: Array = n_full * self.seconds(batch_size) + short
        return seconds

    @property
    def plateau_seconds(self) -> Array:
        """The time of the smallest steps: on the plateau, or where the line begins."""
        return self.seconds(0.0)

    @property
    def r_inf(self) -> Array:
        """Samples per second that large batches come to."""
        with np.errstate(divide="ignore"):
            rate: Array = 1.0 / self.b
        return rate

    @property
    def n_half(self) -> Array:
        """The batch size that is worked off at half of ``r_inf``.

        ``B / t(B) = 1 / (2 b)``. On the line that is at ``a / b``; on a plateau of ``h``
        seconds at ``h / (2 b)``. The rate grows with B on both, so it is the larger one.
        """
        price = np.maximum(self.a, self.plateau_seconds / 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            half: Array = np.where(self.b > 0, price / self.b, np.inf)
        return half

    def slope_reaches(self, slope: float) -> Array:
        """Return the batch size from which ``d log t / d log B`` is at least ``slope``.

        Parameters
        ----------
        slope : float
            Between 0 and 1. On the line it is ``b B / (a + b B)``.

        Returns
        -------
        ndarray
            The end of the plateau where the line begins steeper than that; infinite where
            the batch size does not matter.
        """
        ratio = slope / (1.0 - slope)
        with np.errstate(divide="ignore", invalid="ignore"):
            size = np.where(self.b > 0, ratio * np.maximum(self.a, 0.0) / self.b, np.inf)
        reached: Array = np.maximum(size, self.c)
        return reached
