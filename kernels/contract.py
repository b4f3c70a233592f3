"""What a backend and a kernel promise: the seams that everything else is written against.

A kernel is one way of doing the training step, one file, one small class. The harness
holds the clock, the sample order and the learning rates; the backend holds waiting.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from data.workload import Workload

    Order: TypeAlias = NDArray[np.int64]
    Weight: TypeAlias = NDArray[np.float32]


class Status(str, Enum):
    """Why something can or can't be used."""

    AVAILABLE = "available"
    MISSING = "missing"
    BROKEN = "broken"
    NO_DEVICE = "no device"


@dataclass(frozen=True)
class Availability:
    """Answer of a probe.

    Attributes
    ----------
    status : Status
    reason : str
        One sentence; empty when available.
    remedy : str
        What the user can do about it; empty when available.
    """

    status: Status = Status.AVAILABLE
    reason: str = ""
    remedy: str = ""

    def __bool__(self) -> bool:
        """Tell whether it can be used."""
        return self.status is Status.AVAILABLE

    def __str__(self) -> str:
        """Give the status, the reason and the remedy on one line."""
        parts = [f"{self.status.value}: {self.reason}" if self.reason else self.status.value]
        return " ".join([*parts, self.remedy]).strip()


AVAILABLE = Availability()


@dataclass(frozen=True)
class DeviceReport:
    """One device as a backend sees it.

    Attributes
    ----------
    device : str
        ``cpu(0)``, ``gpu(0)``, …
    availability : Availability
    description : str
        The device's model name, empty where it is not known.
    """

    device: str
    availability: Availability
    description: str = ""


@dataclass(frozen=True)
class Start:
    """Parameters that a training starts from.

    Attributes
    ----------
    weight : ndarray, shape (n_features,), float32
    bias : float
    """

    weight: Weight
    bias: float


@runtime_checkable
class Backend(Protocol):
    """The library that kernels run on."""

    name: str
    loaders: tuple[str, ...]
    """Where batches can come from: names for ``batches``."""

    def probe(self) -> Availability:
        """Say whether the library can be used at all; imports it."""

    def devices(self) -> Sequence[DeviceReport]:
        """List the devices, those that can't be used with the reason."""

    def drain(self, device: str) -> None:
        """Return once the device has nothing left to do."""

    def to_numpy(self, array: Any) -> NDArray[np.float32]:
        """Wait for an array and copy it to the host."""

    def versions(self) -> dict[str, str]:
        """Versions and build settings of the library, for the fingerprint."""

    def batches(self, loader: str, workload: Workload, device: str, batch_size: int) -> Batches:
        """Put the data where the loader wants it; untimed."""


class Batches(Protocol):
    """Yields the batches of one epoch, on the device that they were made for."""

    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        """Go through the samples in the given order.

        Parameters
        ----------
        order : ndarray, shape (n,), integer
            Indices of samples; any length, repeats allowed. The last batch is short
            where ``n`` is not a multiple of the batch size.

        Yields
        ------
        tuple of (features, labels)
            Shapes (m, n_features) and (m,), with m the size of the batch.
        """


@runtime_checkable
class TrainKernel(Protocol):
    """One way of training for an epoch.

    Attributes
    ----------
    name : str
        As shown and as selected with ``--kernels``.
    backend : str
        Name of the backend that it runs on.
    operator : str
        The operator that really updates the parameters.
    """

    name: str
    backend: str
    operator: str

    def prepare(
        self, workload: Workload, device: str, batch_size: int, loader: str, start: Start
    ) -> Any:
        """Allocate and copy; untimed.

        Parameters
        ----------
        workload : Workload
        device : str
        batch_size : int
        loader : str
        start : Start

        Returns
        -------
        object
            The state; only the kernel looks into it.
        """

    def epoch(self, state: Any, order: Order, learning_rates: Sequence[float]) -> None:
        """Enqueue one epoch; timed. No wait, no printing, no evaluation.

        The gradient of a batch is the mean over the samples that are in it, also where
        the last batch is short.

        Parameters
        ----------
        state : object
        order : ndarray, shape (n,), integer
        learning_rates : sequence of float, length ceil(n / batch_size)
            One for each step.
        """

    def parameters(self, state: Any) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias; untimed."""


@runtime_checkable
class UpdateKernel(Protocol):
    """One way of doing ``w <- w - eta g`` alone, on one tensor.

    Attributes
    ----------
    name, backend, operator : str
    bytes_per_parameter : int
        Bytes that it reads and writes for each float32 parameter, temporaries included.
    """

    name: str
    backend: str
    operator: str
    bytes_per_parameter: int

    def prepare(self, device: str, weight: Weight, gradient: Weight, eta: float) -> Any:
        """Allocate and copy; untimed. ``weight`` and ``gradient`` have shape (n,)."""

    def update(self, state: Any) -> None:
        """Enqueue one update; timed."""

    def parameters(self, state: Any) -> Weight:
        """Wait, and return the weight, shape (n,); untimed."""
