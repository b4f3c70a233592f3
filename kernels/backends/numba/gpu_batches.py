"""Where batches on a GPU come from with Numba."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.numba.gpu_devices import launcher, select
from kernels.backends.numba.gpu_shape import UPDATE_THREADS, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.workload import Workload
    from kernels.contract import Order


class GpuInMemory:
    """One permutation on the GPU by a kernel that gathers, then slices of it.

    Memory is allocated for each length of an order that is met, once: Numba gets every
    allocation from the driver.
    """

    def __init__(self, workload: Workload, device: str, batch_size: int) -> None:
        self._cuda = select(device)
        from kernels.backends.numba.gpu_jitted import gather

        self._gather, self._batch_size = gather, batch_size
        self._features = self._cuda.to_device(workload.features)
        self._labels = self._cuda.to_device(workload.labels)
        self._room: dict[int, tuple[Any, ...]] = {}

    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        """Yield the batches of one epoch: features (m, n_features), labels (m,)."""
        n, d = len(order), self._features.shape[1]
        if n not in self._room:
            self._room[n] = (
                self._cuda.device_array(n, np.int64),
                self._cuda.device_array((n, d), np.float32),
                self._cuda.device_array(n, np.float32),
                launcher(self._gather, blocks(n * d), UPDATE_THREADS),
            )
        places, rows, labels, launch = self._room[n]
        places.copy_to_device(order)
        launch(self._features, self._labels, places, rows, labels)
        for first in range(0, n, self._batch_size):
            last = min(first + self._batch_size, n)
            yield rows[first:last], labels[first:last]
