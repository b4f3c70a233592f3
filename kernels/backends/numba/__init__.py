"""Numba: Python compiled to machine code, for the CPU on NumPy arrays, and for GPUs.

It also compiles what ``nd.fused`` runs on the memory of MXNet's arrays. GPUs need the
package ``numba-cuda`` beside Numba; without it everything on the CPU is as it was.
"""

from __future__ import annotations

import importlib.metadata
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.held_stream import timed
from kernels.backends.numba import gpu_devices
from kernels.backends.numba.gpu_batches import GpuInMemory
from kernels.backends.numpy.batches import InMemory
from kernels.backends.optional import importable
from kernels.contract import AVAILABLE, Availability, DeviceReport, Status
from kernels.controls import standard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from data.workload import Workload
    from kernels.contract import Batches, DeviceTime, MakeControl


@cache
def _compiles() -> Availability:
    """Import Numba and compile one addition, once."""
    answer = importable("numba", "Numba", "numba")
    if not answer:
        return answer
    import numba

    try:
        result = numba.njit(lambda x: x + 1)(1)
    except numba.core.errors.NumbaError as error:
        return Availability(Status.BROKEN, f"compiling an addition gave {error}.")
    if result != 2:
        return Availability(Status.BROKEN, f"compiled, 1 + 1 gave {result}.")
    return AVAILABLE


class NumbaBackend:
    """Numba on the CPU, on the calling thread, and on GPUs."""

    name = "numba"
    loaders = ("inmemory",)
    held_code = None

    def probe(self) -> Availability:
        """Import Numba and compile one addition for the CPU."""
        return _compiles()

    def devices(self) -> list[DeviceReport]:
        """List ``cpu(0)`` and the GPUs; those that can't be used with the reason."""
        answer = self.probe()
        if not answer:
            return [DeviceReport(device, answer) for device in ("cpu(0)", "gpu(0)")]
        return [DeviceReport("cpu(0)", answer), *gpu_devices.reports()]

    def drain(self, device: str) -> None:
        """Wait for a GPU; on the CPU nothing runs on after a call has returned."""
        if device != "cpu(0)":
            gpu_devices.drain(device)

    def to_numpy(self, array: Any) -> NDArray[np.float32]:
        """Return a copy in the host's memory, after waiting for it."""
        return np.array(array, dtype=np.float32)

    def versions(self) -> dict[str, str]:
        """Return the versions of Numba, of the compiler below it, and of its CUDA target."""
        import llvmlite
        import numba

        found = {"numba": numba.__version__, "llvmlite": llvmlite.__version__}
        if gpu_devices.installed():
            found["numba_cuda"] = importlib.metadata.version("numba-cuda")
        return found

    def batches(self, loader: str, workload: Workload, device: str, batch_size: int) -> Batches:  # noqa: ARG002 - one loader
        """Copy the data to where the batches are wanted."""
        if device == "cpu(0)":
            return InMemory(workload, batch_size)
        return GpuInMemory(workload, device, batch_size)

    def device_seconds(
        self, device: str, work: Callable[[], object], *, cold: bool = False
    ) -> DeviceTime | None:
        """Time the work with two CUDA events; None on the CPU, which has none."""
        if device == "cpu(0)":
            return None
        from kernels.backends.numba.gpu_stream import NumbaStream

        gpu_devices.select(device)
        return timed(NumbaStream(gpu_devices.index_of(device)), work, cold=cold)

    def allocator_peak(self, device: str, work: Callable[[], object]) -> int | None:  # noqa: ARG002 - none tells
        """Run the work, and return None: Numba leaves allocation to the driver."""
        work()
        return None

    def controls(self, device: str) -> Mapping[str, MakeControl]:
        """Return the controls; on the CPU the triad is on all cores."""
        if device != "cpu(0)":
            from kernels.backends.numba.gpu_control_operations import NumbaGpuOperations

            return standard(NumbaGpuOperations(device), device)
        from kernels.backends.numba.control_operations import NumbaOperations

        return standard(NumbaOperations())


BACKEND = NumbaBackend()
