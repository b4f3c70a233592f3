"""``sgd.cu`` on CuPy arrays: compiled and launched by ``cupy.RawModule``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from kernels.backends.cupy.devices import select
from kernels.backends.cupy.imports import cupy
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
    """Return the module, which CuPy compiles for each GPU that it is used on."""
    return cupy.RawModule(code=source.text(), options=("--std=c++14",))


class CupyGpu:
    """One GPU, as CuPy hands out its memory and kernels."""

    def __init__(self, device: str) -> None:
        select(device)
        self.n_multiprocessors = multiprocessors(device)
        self.array: Callable[[NDArray[Any]], Any] = cupy.array

    def write(self, array: Any, host: NDArray[Any]) -> None:
        """Copy a NumPy array into a CuPy array of its shape."""
        array[:] = cupy.array(host)

    def to_numpy(self, array: Any) -> NDArray[np.float32]:
        """Wait for an array, and copy it to the host."""
        host: NDArray[np.float32] = cupy.asnumpy(array)
        return host

    def kernel(self, name: str, launch: Launch) -> Callable[..., object]:
        """Return a kernel of ``sgd.cu`` that takes CuPy arrays and NumPy scalars."""
        enqueue = _module().get_function(name)
        grid, block, shared_bytes = (launch.grid,), (launch.block,), launch.shared_bytes

        def run(*arguments: Any) -> None:
            enqueue(grid, block, arguments, shared_mem=shared_bytes)

        return run


class CupyEpochKernel(CudaEpochKernel):
    """A whole epoch on CuPy arrays."""

    backend = "cupy"

    def gpu(self, device: str) -> CupyGpu:
        """Return CuPy's way to a GPU."""
        return CupyGpu(device)


class CupyCudaUpdateKernel(CudaUpdateKernel):
    """An update of CuPy arrays by ``sgd.cu``."""

    backend = "cupy"

    def gpu(self, device: str) -> CupyGpu:
        """Return CuPy's way to a GPU."""
        return CupyGpu(device)
