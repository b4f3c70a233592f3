"""JAX: the backend of the ``jax.*`` kernels."""

from __future__ import annotations

import os
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.held_stream import NoEvents
from kernels.backends.jax import devices, waiting
from kernels.backends.jax.batches import InMemory
from kernels.backends.jax.control_operations import JaxOperations
from kernels.backends.jax.imports import jax, precision
from kernels.backends.optional import importable
from kernels.contract import DeviceReport
from kernels.controls import standard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from data.workload import Workload
    from kernels.contract import Availability, Batches, MakeControl

#: The packages with which JAX uses NVIDIA GPUs, one for each major version of CUDA.
GPU_PLUGINS = ("jax-cuda13-plugin", "jax-cuda12-plugin")


def _gpu_plugin() -> str:
    """Return the name and the version of the installed GPU plugin."""
    for package in GPU_PLUGINS:
        try:
            return f"{package} {metadata.version(package)}"
        except metadata.PackageNotFoundError:
            continue
    return "none"


class JaxBackend(NoEvents):
    """JAX, compiled by XLA."""

    name = "jax"
    loaders = ("inmemory",)
    held_code = None

    def probe(self) -> Availability:
        """Import JAX and run one operator on the CPU; this process uses no GPU for it."""
        answer = importable("jax", "JAX", "jax")
        if not answer:
            return answer
        return devices.judge_cpu() if _gpu_plugin() == "none" else devices.judge_cpu_elsewhere()

    def devices(self) -> list[DeviceReport]:
        """List ``cpu(0)`` and the GPUs; those that can't be used with the reason."""
        answer = self.probe()
        if not answer:
            return [DeviceReport(device, answer) for device in ("cpu(0)", "gpu(0)")]
        return list(devices.reports())

    def drain(self, device: str) -> None:
        """Return once the device has nothing left to do."""
        waiting.drain(device)

    def to_numpy(self, array: Any) -> NDArray[np.float32]:
        """Wait for an array, and copy it to the host."""
        return np.array(array, dtype=np.float32)

    def versions(self) -> dict[str, str]:
        """Return the versions, and what XLA was told by the environment."""
        return {
            "jax": str(jax.__version__),
            "jaxlib": metadata.version("jaxlib"),
            "jax_gpu_plugin": _gpu_plugin(),
            "jax_float32_matmul": precision(),
            "jax_xla_flags": os.environ.get("XLA_FLAGS", ""),
        }

    def batches(self, loader: str, workload: Workload, device: str, batch_size: int) -> Batches:  # noqa: ARG002 - there is one
        """Copy the data to the device."""
        return InMemory(workload, device, batch_size)

    def allocator_peak(self, device: str, work: Callable[[], object]) -> int | None:
        """Run the work, and ask the device's allocator; None on the CPU.

        JAX can't forget a peak: it is the highest since the process began.
        """
        work()
        counts = devices.named(device).memory_stats() or {}
        peak = counts.get("peak_bytes_in_use")
        return None if peak is None else int(peak)

    def controls(self, device: str) -> Mapping[str, MakeControl]:
        """Return the controls that JAX has, all of them."""
        return standard(JaxOperations(device), device)


BACKEND = JaxBackend()
