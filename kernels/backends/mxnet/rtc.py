"""``sgd.cu`` on NDArrays: compiled and launched by ``mx.rtc``.

``mx.rtc`` is part of MXNet's GPU wheels only. It hands the source to NVRTC, and after each
launch MXNet's engine waits for the stream before it runs what depends on it.
"""

from __future__ import annotations

import atexit
from functools import cache
from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.batches import context
from kernels.backends.mxnet.imports import mx
from kernels.cuda import source
from kernels.cuda.gpu import multiprocessors
from kernels.cuda.training import CudaEpochKernel
from kernels.cuda.updating import CudaUpdateKernel

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from kernels.cuda.geometry import Launch


@cache
def _module() -> Any:
    """Compile the source, once a process."""
    # Freed while MXNet and the driver still work: at the end of the process they need not.
    atexit.register(_release)
    return mx.rtc.CudaModule(source.text())


@cache
def _kernel(name: str) -> Any:
    """Return a kernel of the module."""
    return _module().get_kernel(name, source.signatures()[name])


def _release() -> None:
    """Let go of the kernels, then of the module."""
    _kernel.cache_clear()
    _module.cache_clear()


class RtcGpu:
    """One GPU, as MXNet hands out its memory and kernels."""

    def __init__(self, device: str) -> None:
        self._context = context(device)
        self.n_multiprocessors = multiprocessors(device)

    def array(self, host: NDArray[Any]) -> Any:
        """Copy a NumPy array to a new NDArray of the same type."""
        return mx.nd.array(host, ctx=self._context, dtype=host.dtype)

    def write(self, array: Any, host: NDArray[Any]) -> None:
        """Copy a NumPy array into an NDArray of its shape."""
        array[:] = host

    def to_numpy(self, array: Any) -> NDArray[np.float32]:
        """Wait for an NDArray, and copy it to the host."""
        host: NDArray[np.float32] = array.asnumpy()
        return host

    def kernel(self, name: str, launch: Launch) -> Callable[..., object]:
        """Return a kernel of ``sgd.cu`` that takes NDArrays and NumPy scalars."""
        enqueue, ctx = _kernel(name).launch, self._context
        grid, block = (launch.grid, 1, 1), (launch.block, 1, 1)

        def run(*arguments: Any) -> None:
            enqueue(arguments, ctx, grid, block, launch.shared_bytes)

        return run


class RtcEpochKernel(CudaEpochKernel):
    """A whole epoch on NDArrays."""

    backend = "mxnet"

    def gpu(self, device: str) -> RtcGpu:
        """Return MXNet's way to a GPU."""
        return RtcGpu(device)


class RtcUpdateKernel(CudaUpdateKernel):
    """An update of NDArrays."""

    backend = "mxnet"

    def gpu(self, device: str) -> RtcGpu:
        """Return MXNet's way to a GPU."""
        return RtcGpu(device)
