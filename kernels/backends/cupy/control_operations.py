"""The array operations of the controls, with CuPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.cupy.devices import select
from kernels.backends.cupy.imports import cupy
from kernels.controls import SCALE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class CupyOperations:
    """Operations on arrays of one GPU."""

    def __init__(self, device: str) -> None:
        select(device)
        self._array, self._asnumpy, self._dot = cupy.array, cupy.asnumpy, cupy.dot
        self._negative, self._copyto = cupy.negative, cupy.copyto
        self._triad = cupy.ElementwiseKernel(
            "float32 b, float32 c", "float32 a", f"a = b + {SCALE}f * c", "triad"
        )

    def to_device(self, host: NDArray[np.float32]) -> Any:
        """Copy a NumPy array to new memory of the GPU."""
        return self._array(host)

    def to_host(self, array: Any) -> NDArray[np.float32]:
        """Wait, and copy to a NumPy array."""
        host: NDArray[np.float32] = self._asnumpy(array)
        return host

    def copy_into(self, target: Any, source: Any) -> Any:
        """Enqueue a copy from one array to another."""
        self._copyto(target, source)
        return target

    def triad(self, a: Any, b: Any, c: Any) -> Any:
        """Enqueue one kernel that does both in one pass."""
        return self._triad(b, c, a)

    def matmul(self, target: Any, a: Any, b: Any) -> Any:
        """Enqueue cuBLAS's product into the target."""
        return self._dot(a, b, out=target)

    def empty(self, array: Any) -> Any:
        """Enqueue a negation in place."""
        return self._negative(array, out=array)
