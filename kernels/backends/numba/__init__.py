"""Numba: Python compiled to machine code for the CPU, on NumPy arrays.

It also compiles what ``nd.fused`` runs on the memory of MXNet's arrays.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.optional import importable
from kernels.contract import AVAILABLE, Availability, DeviceReport, Status
from kernels.controls import standard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from data.workload import Workload
    from kernels.contract import Batches, MakeControl, Order


class InMemory:
    """Rows in the order that is asked for, then slices of them."""

    def __init__(self, workload: Workload, batch_size: int) -> None:
        self._batch_size = batch_size
        self.features, self.labels = workload.features.copy(), workload.labels.copy()

    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        """Yield the batches of one epoch: features (m, n_features), labels (m,)."""
        features, labels = self.features[order], self.labels[order]
        for first in range(0, len(order), self._batch_size):
            last = first + self._batch_size
            yield features[first:last], labels[first:last]


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
    """Numba on the CPU; what it compiles runs on the calling thread."""

    name = "numba"
    loaders = ("inmemory",)
    held_code = None

    def probe(self) -> Availability:
        """Import Numba and compile one addition."""
        return _compiles()

    def devices(self) -> list[DeviceReport]:
        """List ``cpu(0)``."""
        return [DeviceReport("cpu(0)", self.probe())]

    def drain(self, device: str) -> None:
        """Return: nothing runs on after a call has returned."""

    def to_numpy(self, array: Any) -> NDArray[np.float32]:
        """Return a copy."""
        return np.array(array, dtype=np.float32)

    def versions(self) -> dict[str, str]:
        """Return the versions of Numba and of the compiler below it."""
        import llvmlite
        import numba

        return {"numba": numba.__version__, "llvmlite": llvmlite.__version__}

    def batches(self, loader: str, workload: Workload, device: str, batch_size: int) -> Batches:  # noqa: ARG002 - one loader, one device
        """Copy the data."""
        return InMemory(workload, batch_size)

    def device_seconds(self, device: str, work: Callable[[], object]) -> float | None:  # noqa: ARG002 - there are none
        """Return None: the CPU has no events."""
        return None

    def controls(self, device: str) -> Mapping[str, MakeControl]:  # noqa: ARG002 - one device
        """Return the controls, the triad on all cores."""
        from kernels.backends.numba.control_operations import NumbaOperations

        return standard(NumbaOperations())


BACKEND = NumbaBackend()
