"""The array operations of the controls, compiled, on all cores.

Imported when Numba is there: its decorators compile at the first call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit, prange

from kernels.controls import SCALE

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Below so many elements starting threads takes longer than the work.
PARALLEL_ELEMENTS = 2**16
_SCALE = np.float32(SCALE)


@njit(fastmath=True)  # type: ignore[untyped-decorator]
def _triad(a: Any, b: Any, c: Any) -> None:
    for i in range(len(a)):
        a[i] = b[i] + _SCALE * c[i]


@njit(fastmath=True, parallel=True)  # type: ignore[untyped-decorator]
def _parallel_triad(a: Any, b: Any, c: Any) -> None:
    for i in prange(len(a)):
        a[i] = b[i] + _SCALE * c[i]


@njit  # type: ignore[untyped-decorator]
def _identity(array: Any) -> Any:
    return array


class NumbaOperations:
    """Operations on NumPy arrays."""

    def to_device(self, host: NDArray[np.float32]) -> Any:
        """Copy to a new array."""
        return host.copy()

    def to_host(self, array: Any) -> NDArray[np.float32]:
        """Copy to a new array."""
        return np.array(array, dtype=np.float32)

    def copy_into(self, target: Any, source: Any) -> Any:
        """Copy from one array to another, as NumPy does."""
        np.copyto(target, source)
        return target

    def triad(self, a: Any, b: Any, c: Any) -> Any:
        """Do it in one pass, on all cores where there is enough of it."""
        (_triad if len(a) < PARALLEL_ELEMENTS else _parallel_triad)(a, b, c)
        return a

    def matmul(self, target: Any, a: Any, b: Any) -> Any:
        """Let NumPy's BLAS library do it, as compiled code would."""
        np.matmul(a, b, out=target)
        return target

    def empty(self, array: Any) -> Any:
        """Call a compiled function that returns its argument."""
        return _identity(array)
