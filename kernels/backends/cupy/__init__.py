"""CuPy: the backend of the ``cupy.*`` kernels, on GPUs alone.

A thread of CuPy works on one GPU at a time: what prepares a case selects its GPU, and the
case is run before the next one is prepared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends import gpus
from kernels.backends.cupy import devices
from kernels.backends.cupy.batches import InMemory
from kernels.backends.cupy.control_operations import CupyOperations
from kernels.backends.cupy.imports import cupy, make_ready, wheel
from kernels.backends.cupy.stream import CupyStream
from kernels.backends.held_stream import timed
from kernels.backends.optional import importable
from kernels.controls import standard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from data.workload import Workload
    from kernels.contract import Availability, Batches, DeviceReport, DeviceTime, MakeControl


class CupyBackend:
    """CuPy, NumPy's interface on GPUs."""

    name = "cupy"
    loaders = ("inmemory",)
    held_code = None  # it compiles for the GPU that it meets

    def probe(self) -> Availability:
        """Import CuPy, which needs no GPU."""
        make_ready()
        return importable("cupy", "CuPy", wheel().extra)

    def devices(self) -> list[DeviceReport]:
        """List the GPUs; those that can't be used with the reason."""
        answer = self.probe()
        return list(devices.reports()) if answer else gpus.none_usable(answer)

    def drain(self, device: str) -> None:
        """Wait for all that was enqueued on a GPU."""
        devices.select(device).synchronize()

    def to_numpy(self, array: Any) -> NDArray[np.float32]:
        """Wait for an array, and copy it to the host."""
        copy: NDArray[np.float32] = cupy.asnumpy(array)
        return copy

    def versions(self) -> dict[str, str]:
        """Return the version, the CUDA that it was built with, and how products are done."""
        return {
            "cupy": str(cupy.__version__),
            "cupy_cuda": str(cupy.cuda.runtime.runtimeGetVersion()),
            "cupy_products": "float32",
        }

    def batches(self, loader: str, workload: Workload, device: str, batch_size: int) -> Batches:  # noqa: ARG002 - there is one
        """Put the data on the GPU."""
        return InMemory(workload, device, batch_size)

    def device_seconds(
        self, device: str, work: Callable[[], object], *, cold: bool = False
    ) -> DeviceTime | None:
        """Time the work with two CUDA events."""
        index = int(devices.select(device).id)
        return timed(CupyStream(index), work, cold=cold)

    def allocator_peak(self, device: str, work: Callable[[], object]) -> int | None:
        """Run the work, and count what the memory pool gives out and takes back."""
        from kernels.backends.cupy.allocation import PeakHook

        index = int(devices.select(device).id)
        with PeakHook(index, cupy.get_default_memory_pool().used_bytes()) as hook:
            work()
        return hook.peak_bytes

    def controls(self, device: str) -> Mapping[str, MakeControl]:
        """Return the controls that CuPy has, all of them."""
        return standard(CupyOperations(device), device)


BACKEND = CupyBackend()
