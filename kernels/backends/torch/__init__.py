"""PyTorch: the backend of the ``torch.*`` kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels import tf32
from kernels.backends.held_stream import timed
from kernels.backends.optional import importable
from kernels.backends.torch import devices, threads
from kernels.backends.torch.batches import LOADERS
from kernels.backends.torch.control_operations import TorchOperations
from kernels.backends.torch.imports import torch
from kernels.backends.torch.stream import TorchStream
from kernels.contract import AVAILABLE, Availability, DeviceReport, Status
from kernels.controls import standard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from data.workload import Workload
    from kernels.contract import Batches, DeviceTime, MakeControl


class TorchBackend:
    """PyTorch, eager and compiled."""

    name = "torch"
    loaders = tuple(LOADERS)
    held_code = None

    def probe(self) -> Availability:
        """Import PyTorch and run one operator on the CPU."""
        answer = importable("torch", "PyTorch", "torch")
        if not answer:
            return answer
        # NVIDIA's containers let PyTorch take TF32, which then asks for it by itself. On GPUs
        # alone: newer versions take "high" for CPUs too.
        torch.set_float32_matmul_precision("highest")
        torch.backends.cuda.matmul.allow_tf32 = tf32.is_allowed()
        error = devices.try_operator("cpu(0)")
        if error:
            return Availability(Status.BROKEN, f"one operator on the CPU gave {error!r}.")
        return AVAILABLE

    def devices(self) -> list[DeviceReport]:
        """List ``cpu(0)`` and the GPUs; those that can't be used with the reason."""
        answer = self.probe()
        if not answer:
            return [DeviceReport(device, answer) for device in ("cpu(0)", "gpu(0)")]
        return list(devices.reports())

    def drain(self, device: str) -> None:
        """Wait for a GPU; on the CPU an operator has finished when its call returns."""
        where = devices.named(device)
        if where.type == "cuda":
            torch.cuda.synchronize(where)

    def to_numpy(self, array: Any) -> NDArray[np.float32]:
        """Wait for a tensor, and copy it to the host."""
        copy: NDArray[np.float32] = array.detach().to("cpu", torch.float32, copy=True).numpy()
        return copy

    def versions(self) -> dict[str, str]:
        """Return the version, its build, its threads and the precision of products."""
        threads.restore()  # before anybody counts them
        return {
            "torch": str(torch.__version__),
            "torch_cuda": torch.version.cuda or "none",
            "torch_cudnn": str(torch.backends.cudnn.version() or "none"),
            "torch_mkl": str(torch.backends.mkl.is_available()),
            "torch_float32_matmul": torch.get_float32_matmul_precision(),
            "torch_threads": str(torch.get_num_threads()),
        }

    def batches(self, loader: str, workload: Workload, device: str, batch_size: int) -> Batches:
        """Put the data where the loader wants it."""
        threads.restore()
        return LOADERS[loader](workload, device, batch_size)

    def device_seconds(
        self, device: str, work: Callable[[], object], *, cold: bool = False
    ) -> DeviceTime | None:
        """Time the work with two CUDA events; None on the CPU, which has none."""
        where = devices.named(device)
        if where.type != "cuda":
            return None
        with torch.cuda.device(where):
            return timed(TorchStream(where), work, cold=cold)

    def allocator_peak(self, device: str, work: Callable[[], object]) -> int | None:
        """Run the work, and ask the caching allocator; None on the CPU."""
        where = devices.named(device)
        if where.type != "cuda":
            work()
            return None
        torch.cuda.reset_peak_memory_stats(where)
        work()
        return int(torch.cuda.max_memory_allocated(where))

    def controls(self, device: str) -> Mapping[str, MakeControl]:
        """Return the controls that PyTorch has, all of them."""
        return standard(TorchOperations(device), device)


BACKEND = TorchBackend()
