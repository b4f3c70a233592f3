r"""Least squares as what it is near its solution: a quadratic form.

With ``theta = [w, b]``, ``x = [x, 1]`` and ``delta = theta - theta*`` the distance from the
optimum, over all n samples::

    L(theta) = L* + delta^T H delta / 2,      H = sum x_i x_i^T / n

because the gradient at the optimum is zero (Bottou, Curtis & Nocedal 2018, SIAM Review
60:223, section 4, write SGD on it so). The gradient of a sample is ``x_i e_i`` with
``e_i = x_i^T delta - r_i`` and ``r_i = y_i - x_i^T theta*``. So the loss over all samples
after a step costs no pass over them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data.workload import row_chunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.workload import Workload

    Float64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """A workload, seen from its optimum.

    Attributes
    ----------
    x : ndarray, shape (n_samples, n_features + 1), float32
        The features and a column of ones.
    residuals : ndarray, shape (n_samples,), float64
        Labels minus what the optimum predicts.
    hessian : ndarray, shape (n_features + 1, n_features + 1), float64
    optimum : ndarray, shape (n_features + 1,), float64
        The weights and, last, the bias.
    loss : float
        At the optimum.
    """

    x: NDArray[np.float32]
    residuals: Float64
    hessian: Float64
    optimum: Float64
    loss: float

    @property
    def n_samples(self) -> int:
        """How many samples there are."""
        return len(self.x)

    def excess(self, delta: Float64) -> Float64:
        """Return how far the loss is above the optimum's.

        Parameters
        ----------
        delta : ndarray, shape (..., n_features + 1)
            Distances from the optimum.

        Returns
        -------
        ndarray, shape (...)
        """
        above: Float64 = np.einsum("...i,...i->...", delta @ self.hessian, delta) / 2
        return above


def problem_of(workload: Workload) -> Problem:
    """Look at a workload from its optimum.

    Parameters
    ----------
    workload : Workload

    Returns
    -------
    Problem
    """
    n, d = workload.n_samples, workload.n_features + 1
    x = np.ones((n, d), dtype=np.float32)
    x[:, :-1] = workload.features
    theta = np.append(workload.optimum.weight, workload.optimum.bias).astype(np.float64)
    hessian, residuals = np.zeros((d, d)), np.empty(n)
    for rows in row_chunks(n):
        part = x[rows].astype(np.float64)
        hessian += part.T @ part / n
        residuals[rows] = workload.labels[rows] - part @ theta
    return Problem(x, residuals, hessian, theta, workload.optimum.loss)
