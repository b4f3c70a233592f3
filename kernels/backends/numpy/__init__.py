"""NumPy: the backend of the ``numpy.*`` kernels, on the CPU alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.held_stream import NoEvents
from kernels.backends.numpy.batches import InMemory
from kernels.backends.numpy.control_operations import NumpyOperations
from kernels.contract import AVAILABLE, DeviceReport
from kernels.controls import standard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from data.workload import Workload
    from kernels.contract import Availability, Batches, MakeControl


class NumpyBackend(NoEvents):
    """NumPy arrays; every operator has finished when its call returns."""

    name = "numpy"
    loaders = ("inmemory",)
    held_code = None

    def probe(self) -> Availability:
        """Say that it can be used: the suite itself needs NumPy."""
        return AVAILABLE

    def devices(self) -> list[DeviceReport]:
        """List ``cpu(0)``: NumPy knows no other device."""
        return [DeviceReport("cpu(0)", AVAILABLE)]

    def drain(self, device: str) -> None:
        """Return at once: nothing is ever under way."""

    def to_numpy(self, array: Any) -> NDArray[np.float32]:
        """Copy an array."""
        return np.array(array, dtype=np.float32)

    def versions(self) -> dict[str, str]:
        """Return the version of NumPy and of the BLAS that it was built with."""
        show: Any = np.show_config  # older annotations know only that it prints
        blas = show(mode="dicts").get("Build Dependencies", {}).get("blas", {})
        return {
            "numpy": np.__version__,
            "numpy_blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
        }

    def batches(self, loader: str, workload: Workload, device: str, batch_size: int) -> Batches:  # noqa: ARG002 - there is one of each
        """Give the batches of the workload's own arrays."""
        return InMemory(workload, batch_size)

    def allocator_peak(self, device: str, work: Callable[[], object]) -> int | None:  # noqa: ARG002 - there is one
        """Run the work, and return None: nothing on the CPU counts it."""
        work()
        return None

    def controls(self, device: str) -> Mapping[str, MakeControl]:  # noqa: ARG002 - there is one
        """Return the controls that NumPy has, all of them."""
        return standard(NumpyOperations())


BACKEND = NumpyBackend()
