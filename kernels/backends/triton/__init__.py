"""Triton: the backend of the ``triton.*`` kernels, on PyTorch's tensors, on GPUs alone.

Launches go to the GPU that is selected: what prepares a case selects its GPU, and the case
is run before the next one is prepared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends import gpus
from kernels.backends.optional import importable
from kernels.backends.torch import BACKEND as TORCH
from kernels.backends.torch.batches import InMemory
from kernels.backends.triton import devices
from kernels.backends.triton.imports import triton

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from data.workload import Workload
    from kernels.contract import Availability, Batches, DeviceReport, DeviceTime, MakeControl


class TritonBackend:
    """Kernels that Triton compiles; arrays, streams and events are PyTorch's."""

    name = "triton"
    loaders = ("inmemory",)
    held_code = None  # it compiles for the GPU that it meets

    def probe(self) -> Availability:
        """Import Triton, and PyTorch; neither needs a GPU."""
        return importable("triton", "Triton", "triton") and TORCH.probe()

    def devices(self) -> list[DeviceReport]:
        """List the GPUs; those that can't be used with the reason."""
        answer = self.probe()
        return list(devices.reports()) if answer else gpus.none_usable(answer)

    def drain(self, device: str) -> None:
        """Wait for all that was enqueued on a GPU."""
        TORCH.drain(device)

    def to_numpy(self, array: Any) -> NDArray[np.float32]:
        """Wait for a tensor, and copy it to the host."""
        return TORCH.to_numpy(array)

    def versions(self) -> dict[str, str]:
        """Return the versions of Triton and of PyTorch."""
        return {"triton": str(triton.__version__), **TORCH.versions()}

    def batches(self, loader: str, workload: Workload, device: str, batch_size: int) -> Batches:  # noqa: ARG002 - there is one
        """Put the data on the GPU."""
        return InMemory(workload, device, batch_size)

    def device_seconds(
        self, device: str, work: Callable[[], object], *, cold: bool = False
    ) -> DeviceTime | None:
        """Time the work with two CUDA events."""
        return TORCH.device_seconds(device, work, cold=cold)

    def allocator_peak(self, device: str, work: Callable[[], object]) -> int | None:
        """Run the work, and ask PyTorch's allocator: the tensors are PyTorch's."""
        return TORCH.allocator_peak(device, work)

    def controls(self, device: str) -> Mapping[str, MakeControl]:
        """Return PyTorch's controls: Triton has no operators of its own."""
        return TORCH.controls(device)


BACKEND = TritonBackend()
