"""A workload: a data set, a linear model and the squared loss / 2.

The model is ``y_hat = X w + b`` and the loss of a set of samples is the mean of
``(y_hat - y)**2 / 2`` over them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

#: Rows handled at a time wherever a float64 copy of the whole data would be too much.
CHUNK_ROWS = 65_536


def row_chunks(n_rows: int) -> Iterator[slice]:
    """Cut rows into consecutive slices of at most `CHUNK_ROWS`.

    Parameters
    ----------
    n_rows : int

    Yields
    ------
    slice
    """
    for start in range(0, n_rows, CHUNK_ROWS):
        yield slice(start, min(start + CHUNK_ROWS, n_rows))


@dataclass(frozen=True, eq=False)
class Optimum:
    """The least-squares solution of a workload.

    Attributes
    ----------
    weight : ndarray, shape (n_features,), float64
    bias : float
    loss : float
        The smallest loss that any parameters reach on the workload's samples.
    """

    weight: NDArray[np.float64]
    bias: float
    loss: float


@dataclass(frozen=True, eq=False)
class Workload:
    """Features and labels to train on, with the known best solution.

    Attributes
    ----------
    name : str
        ``airfoil``, ``airfoil-5`` or ``synthetic-NxD``: it says all that the arrays
        depend on.
    features : ndarray, shape (n_samples, n_features), float32, C-contiguous
    labels : ndarray, shape (n_samples,), float32
    optimum : Optimum
    default_learning_rate : callable
        Batch size to the learning rate used when none is asked for.
    """

    name: str
    features: NDArray[np.float32]
    labels: NDArray[np.float32]
    optimum: Optimum
    default_learning_rate: Callable[[int], float]

    @property
    def n_samples(self) -> int:
        """How many samples an epoch visits."""
        return int(self.features.shape[0])

    @property
    def n_features(self) -> int:
        """How many weights the model has, the bias not counted."""
        return int(self.features.shape[1])

    def loss(self, weight: NDArray[np.floating[Any]], bias: float) -> float:
        """Mean squared loss / 2 over all samples, in float64.

        Parameters
        ----------
        weight : ndarray, shape (n_features,)
        bias : float

        Returns
        -------
        float
        """
        w = np.asarray(weight, dtype=np.float64)
        total = 0.0
        for rows in row_chunks(self.n_samples):
            residual = self.features[rows].astype(np.float64) @ w + bias - self.labels[rows]
            total += float(residual @ residual)
        return total / (2 * self.n_samples)
