"""Where CuPy kernels get their batches from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.cupy.devices import select
from kernels.backends.cupy.imports import cupy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.workload import Workload
    from kernels.contract import Order


class InMemory:
    """One permutation on the GPU, then slices of it.

    An epoch costs one copy of the order to the GPU, two ``take`` kernels, and two views a
    batch.
    """

    def __init__(self, workload: Workload, device: str, batch_size: int) -> None:
        select(device)
        self._batch_size = batch_size
        self._array = cupy.array
        self._features = cupy.array(workload.features)
        self._labels = cupy.array(workload.labels)

    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        """Yield the batches of one epoch: features (m, n_features), labels (m,)."""
        index = self._array(order)
        features = self._features.take(index, axis=0)
        labels = self._labels.take(index)
        for first in range(0, len(order), self._batch_size):
            last = first + self._batch_size
            yield features[first:last], labels[first:last]
