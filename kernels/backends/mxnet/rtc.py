"""``sgd.cu`` on NDArrays: compiled and launched by ``mx.rtc``.

``mx.rtc`` is part of MXNet's GPU wheels only. It hands the source to NVRTC, and after each
launch MXNet's engine waits for the stream before it runs what depends on it.
"""

from __future__ import annotations

import atexit
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends import gpus
from kernels.backends.mxnet import devices
from kernels.backends.mxnet.batches import context
from kernels.backends.mxnet.cuda_libraries import gpu_wheel
from kernels.backends.mxnet.imports import mx
from kernels.contract import AVAILABLE, Availability, DeviceReport, Status
from kernels.cuda import source
from kernels.cuda.geometry import update_launch
from kernels.cuda.gpu import multiprocessors
from kernels.cuda.training import CudaEpochKernel
from kernels.cuda.updating import CudaUpdateKernel

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from kernels.backends.cuda_driver import CudaDevice
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


def judge(gpu: CudaDevice) -> Availability:
    """Compile for a GPU, and update two parameters on it.

    Parameters
    ----------
    gpu : CudaDevice

    Returns
    -------
    Availability
    """
    try:
        on_gpu = RtcGpu(f"gpu({gpu.index})")
        w = on_gpu.array(np.array([3.0, 4.0], np.float32))
        g = on_gpu.array(np.array([1.0, 2.0], np.float32))
        run = on_gpu.kernel(source.UPDATE, update_launch(2, on_gpu.n_multiprocessors))
        run(w, g, np.float32(0.5), np.int32(2))
        moved = on_gpu.to_numpy(w).tolist()
    except mx.base.MXNetError as error:
        said = devices.last_line(error)
        return Availability(Status.BROKEN, f"mx.rtc on {gpu.name} gave {said!r}.")
    if moved != [2.5, 3.0]:
        return Availability(Status.BROKEN, f"mx.rtc on {gpu.name} gave {moved} for [2.5, 3.0].")
    return AVAILABLE


@cache
def _reports() -> dict[str, DeviceReport]:
    """Judge the GPUs."""
    return {report.device: report for report in gpus.reports(judge)}


def availability(device: str) -> Availability:
    """Say whether ``sgd.cu`` can be run on a GPU, also where MXNet's operators can't.

    Parameters
    ----------
    device : str

    Returns
    -------
    Availability
        The operators' own where they run, or where nothing of MXNet does.
    """
    operators = {one.device: one.availability for one in devices.reports()}.get(device)
    if operators is None:
        return Availability(Status.NO_DEVICE, f"mxnet sees no {device} here.")
    if operators.status is not Status.BROKEN or gpu_wheel() is None:
        return operators
    return _reports()[device].availability


class RtcEpochKernel(CudaEpochKernel):
    """A whole epoch on NDArrays."""

    backend = "mxnet"
    brings_code = True

    def availability(self, device: str) -> Availability:
        """Say whether ``mx.rtc`` works there."""
        return availability(device)

    def gpu(self, device: str) -> RtcGpu:
        """Return MXNet's way to a GPU."""
        return RtcGpu(device)


class RtcUpdateKernel(CudaUpdateKernel):
    """An update of NDArrays."""

    backend = "mxnet"
    brings_code = True

    def availability(self, device: str) -> Availability:
        """Say whether ``mx.rtc`` works there."""
        return availability(device)

    def gpu(self, device: str) -> RtcGpu:
        """Return MXNet's way to a GPU."""
        return RtcGpu(device)
