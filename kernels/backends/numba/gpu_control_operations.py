"""The array operations of the controls on a GPU, compiled.

Imported when Numba's CUDA target is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.numba import gpu_jitted
from kernels.backends.numba.gpu_devices import launcher, select
from kernels.backends.numba.gpu_shape import UPDATE_THREADS, blocks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class NumbaGpuOperations:
    """Operations on arrays of one GPU."""

    def __init__(self, device: str) -> None:
        self._to_device = select(device).to_device
        self._negate = launcher(gpu_jitted.negate, 1, 1)
        # By length, so that what is timed finds its launch ready from the second call on.
        self._triads: dict[int, Any] = {}
        self._products: dict[int, Any] = {}

    def to_device(self, host: NDArray[np.float32]) -> Any:
        """Copy a NumPy array to new memory of the GPU."""
        return self._to_device(host)

    def to_host(self, array: Any) -> NDArray[np.float32]:
        """Wait, and copy to a NumPy array."""
        host: NDArray[np.float32] = array.copy_to_host()
        return host

    def copy_into(self, target: Any, source: Any) -> Any:
        """Enqueue a copy from one array to another."""
        target.copy_to_device(source)
        return target

    def triad(self, a: Any, b: Any, c: Any) -> Any:
        """Enqueue one kernel that does both in one pass."""
        n = len(a)
        if n not in self._triads:
            self._triads[n] = launcher(gpu_jitted.triad, blocks(n), UPDATE_THREADS)
        self._triads[n](a, b, c)
        return a

    def matmul(self, target: Any, a: Any, b: Any) -> Any:
        """Enqueue a product by tiles: Numba has no library of products on GPUs."""
        n, side = len(a), gpu_jitted.TILE
        if n not in self._products:
            tiles = -(-n // side)
            self._products[n] = launcher(gpu_jitted.matmul, (tiles, tiles), (side, side))
        self._products[n](target, a, b)
        return target

    def empty(self, array: Any) -> Any:
        """Enqueue a negation in place, by one thread."""
        self._negate(array)
        return array
