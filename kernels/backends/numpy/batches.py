"""Where NumPy kernels get their batches from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from data.workload import Workload
    from kernels.contract import Order


class InMemory:
    """One permutation, then slices of it.

    An epoch costs two ``take`` and two views a batch.
    """

    def __init__(self, workload: Workload, batch_size: int) -> None:
        self._batch_size = batch_size
        self._features = workload.features
        self._labels = workload.labels

    def __call__(
        self, order: Order
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Yield the batches of one epoch: features (m, n_features), labels (m,)."""
        features = self._features.take(order, axis=0)
        labels = self._labels.take(order)
        for first in range(0, len(order), self._batch_size):
            last = first + self._batch_size
            yield features[first:last], labels[first:last]
