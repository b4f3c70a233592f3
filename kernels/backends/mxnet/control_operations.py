"""The array operations of the controls, with ``nd`` arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.batches import context
from kernels.backends.mxnet.imports import mx
from kernels.controls import SCALE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class NdOperations:
    """Operations on ``nd`` arrays of one device."""

    def __init__(self, device: str) -> None:
        self._device = device

    def to_device(self, host: NDArray[np.float32]) -> Any:
        """Copy a NumPy array to a new NDArray."""
        return mx.nd.array(host, ctx=context(self._device), dtype="float32")

    def to_host(self, array: Any) -> NDArray[np.float32]:
        """Wait, and copy to a NumPy array."""
        host: NDArray[np.float32] = array.asnumpy()
        return host

    def copy_into(self, target: Any, source: Any) -> Any:
        """Enqueue a copy from one NDArray to another."""
        return source.copyto(target)

    def triad(self, a: Any, b: Any, c: Any) -> Any:
        """Do both operators into ``a``: no NDArray operator does the two in one pass."""
        mx.nd._internal._mul_scalar(c, scalar=SCALE, out=a)
        return mx.nd.elemwise_add(a, b, out=a)

    def matmul(self, target: Any, a: Any, b: Any) -> Any:
        """Enqueue ``dot`` into the target."""
        return mx.nd.dot(a, b, out=target)

    def empty(self, array: Any) -> Any:
        """Enqueue ``identity``."""
        return mx.nd.identity(array)
