"""The array operations of the controls, with NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.controls import SCALE

if TYPE_CHECKING:
    from numpy.typing import NDArray


class NumpyOperations:
    """Operations on NumPy arrays."""

    def to_device(self, host: NDArray[np.float32]) -> Any:
        """Copy the array: both memories are one."""
        return host.copy()

    def to_host(self, array: Any) -> NDArray[np.float32]:
        """Copy the array: both memories are one."""
        copy: NDArray[np.float32] = array.copy()
        return copy

    def copy_into(self, target: Any, source: Any) -> Any:
        """Copy with ``copyto``."""
        np.copyto(target, source)
        return target

    def triad(self, a: Any, b: Any, c: Any) -> Any:
        """Do both operators into ``a``: no NumPy operator does the two in one pass."""
        np.multiply(c, SCALE, out=a)
        return np.add(a, b, out=a)

    def matmul(self, target: Any, a: Any, b: Any) -> Any:
        """Multiply into the target."""
        return np.matmul(a, b, out=target)

    def empty(self, array: Any) -> Any:
        """Negate in place."""
        return np.negative(array, out=array)
