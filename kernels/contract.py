"""What a backend and a kernel promise: the seams that everything else is written against.

A kernel is one way of doing the training step, one file, one small class. The harness
holds the clock, the sample order and the learning rates; the backend holds waiting.
What most kernels have in common, ``kernels.defaults`` gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from data.workload import Workload
    from kernels.cost import StepCost
    from kernels.rule import UpdateRule

    Order: TypeAlias = NDArray[np.int64]
    Weight: TypeAlias = NDArray[np.float32]
    #: Float64 learning rates of an epoch: iterating gives floats, ``np.asarray`` no copy.
    Rates: TypeAlias = array[float]
    #: From an array's bytes (or a matrix's) to the control at that size.
    MakeControl: TypeAlias = Callable[[int], "Control"]


class Status(str, Enum):
    """Why something can or can't be used."""

    AVAILABLE = "available"
    MISSING = "missing"
    BROKEN = "broken"
    NO_DEVICE = "no device"
    TOO_LARGE = "too large"


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


class DeviceTime(NamedTuple):
    """What work took by a device's own events.

    Attributes
    ----------
    seconds : float
    held : bool
        Whether all of it was enqueued before the device began: then it is the device's own
        time. Else it is a span, in which the device may have waited for the host.
    """

    seconds: float
    held: bool


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


@dataclass(frozen=True)
class Control:
    """An operation that touches no kernel: what the machine itself can do.

    Attributes
    ----------
    run : callable
        Enqueues it once; timed.
    is_right : callable
        Waits, and says whether the last ``run`` gave what it should; untimed.
    n_bytes, n_flops : int
        What one ``run`` moves and computes, at least.
    n_parts : int
        So many successive runs touch other memory each; 1 where each touches the same.
    """

    run: Callable[[], object]
    is_right: Callable[[], bool]
    n_bytes: int
    n_flops: int = 0
    n_parts: int = 1


@runtime_checkable
class Backend(Protocol):
    """The library that kernels run on."""

    name: str
    loaders: tuple[str, ...]
    """Where batches can come from: names for ``batches``."""
    held_code: tuple[tuple[int, int], ...] | None
    """Compute capabilities that the installed wheel holds machine code for, where it
    matters: where nothing is compiled for a GPU that it has no code for."""

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

    def device_seconds(
        self, device: str, work: Callable[[], object], *, cold: bool = False
    ) -> DeviceTime | None:
        """Run the work between two events of the device, and wait.

        Parameters
        ----------
        device : str
        work : callable
            May be run more than once.
        cold : bool
            Whether the device's cache holds none of its data when it begins.

        Returns
        -------
        DeviceTime or None
            What the device's own clock says; None where there is no such clock.
        """

    def allocator_peak(self, device: str, work: Callable[[], object]) -> int | None:
        """Run the work once, and say how much of a GPU's memory was given out at most.

        Parameters
        ----------
        device : str
        work : callable
            Waits itself for what it enqueues; it is run in any case.

        Returns
        -------
        int or None
            Bytes, by the count of the library's own allocator, what was given out before
            included. None where the library keeps no such count, and on the CPU.
        """

    def controls(self, device: str) -> Mapping[str, MakeControl]:
        """Return what ``bench_machine`` can time on a device.

        Parameters
        ----------
        device : str

        Returns
        -------
        dict of str to callable
            By name: those of ``kernels.controls.SIZES`` that the backend has.
        """


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
    rule : UpdateRule
        What an update is: plain SGD, or with momentum.
    cost : StepCost or None
        What one step moves; None where it is not known.
    saves : str
        What it saves against the rung of the ladder below it, in one sentence.
    loaders : tuple of str or None
        The loaders that it can use; None for all that its backend has.
    device_kinds : tuple of str
        Of ``cpu`` and ``gpu``, those that it is written for.
    shuffles : bool
        False where it reads the samples as they lie: it is given the order 0, 1, 2, ….
    brings_code : bool
        Whether it can run on a device where the backend's own operators can't: then its
        ``availability`` alone is asked.
    """

    name: str
    backend: str
    operator: str
    rule: UpdateRule
    saves: str
    loaders: tuple[str, ...] | None
    device_kinds: tuple[str, ...]
    shuffles: bool
    brings_code: bool

    @property
    def cost(self) -> StepCost | None:
        """What one step moves."""

    def availability(self, device: str) -> Availability:
        """Say whether it can run on a device of its kinds that its backend can use."""

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
            The state; only the kernel looks into it. Velocities start at zero.
        """

    def reset(self, state: Any, start: Start) -> None:
        """Put a start into a state again, velocities at zero; untimed.

        What was allocated, compiled and traced stays, where the library's arrays can be
        written to: the state trains as a new one does, without being cold. It may return
        before the device is done.

        Parameters
        ----------
        state : object
            Of ``prepare``, trained for any number of epochs.
        start : Start
            Any of the workload's number of features; it is copied.
        """

    def epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
        """Enqueue one epoch; timed. No wait, no printing, no evaluation.

        The gradient of a batch is the mean over the samples that are in it, also where
        the last batch is short.

        Parameters
        ----------
        state : object
        order : ndarray, shape (n,), integer
            Any length from 1 up.
        learning_rates : array of float64, length ceil(n / batch_size)
            One for each step.

        Raises
        ------
        ValueError
            When there are not as many learning rates as steps.
        """

    def parameters(self, state: Any) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias; untimed."""


@runtime_checkable
class UpdateKernel(Protocol):
    """One way of doing ``w <- w - eta g`` alone, on one tensor or on many.

    Attributes
    ----------
    name, backend, operator : str
    rule : UpdateRule
    bytes_per_parameter : int
        Bytes that it reads and writes for each parameter that it updates, temporaries
        included.
    precision : {'float32', 'float16', 'mixed'}
        Of weights and gradients; ``mixed`` keeps a float32 copy of float16 weights.
    density : float
        The share of rows that have a gradient; 1 for all of them.
    device_kinds : tuple of str
        Of ``cpu`` and ``gpu``, those that it is written for.
    brings_code : bool
        As for a `TrainKernel`.
    """

    name: str
    backend: str
    operator: str
    rule: UpdateRule
    bytes_per_parameter: int
    precision: str
    density: float
    device_kinds: tuple[str, ...]
    brings_code: bool

    def availability(self, device: str) -> Availability:
        """Say whether it can run on a device of its kinds that its backend can use."""

    def prepare(
        self,
        device: str,
        weights: Sequence[Weight],
        gradients: Sequence[Weight],
        eta: float,
    ) -> Any:
        """Allocate and copy; untimed.

        Parameters
        ----------
        device : str
        weights, gradients : sequence of ndarray, each of shape (n,), float32
            In pairs, a pair for each tensor. With a precision below float32 their values
            are exact in it. With a density below 1 the gradients are zero but in the rows
            that ``kernels.sparsity.active`` gives.
        eta : float

        Returns
        -------
        object
            The state. Velocities start at zero.
        """

    def update(self, state: Any) -> None:
        """Enqueue one update of all tensors; timed."""

    def parameters(self, state: Any) -> list[Weight]:
        """Wait, and return a copy of the weights as float32, shapes (n,); untimed."""
