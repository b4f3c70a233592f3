"""An asynchronous device without hardware: a queue, and a clock that only work moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.contract import AVAILABLE, DeviceReport, Start
from kernels.stepwise import StepKernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from data.workload import Workload
    from kernels.contract import Availability, Batches, Order, Rates, Weight

# Powers of two, so that sums of them are exact.
ENQUEUE_SECONDS = 0.125
STEP_SECONDS = 2.0
RESET_SECONDS = 64.0


@dataclass
class FakeDevice:
    """Work waits in a queue until the device is drained; each piece takes its time."""

    now: float = 0.0
    queue: list[tuple[Callable[[], None], float]] = field(default_factory=list)
    clock_reads: int = 0

    def clock(self) -> float:
        self.clock_reads += 1
        return self.now

    def enqueue(self, work: Callable[[], None], seconds: float) -> None:
        self.now += ENQUEUE_SECONDS
        self.queue.append((work, seconds))

    def drain(self) -> None:
        waiting, self.queue = self.queue, []
        for work, seconds in waiting:
            work()
            self.now += seconds


class FakeBatches:
    """Slices of the data; each batch costs the device's clock ``seconds``."""

    def __init__(
        self, device: FakeDevice, workload: Workload, batch_size: int, seconds: float
    ) -> None:
        self.device, self.workload = device, workload
        self.batch_size, self.seconds = batch_size, seconds

    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        for first in range(0, len(order), self.batch_size):
            self.device.now += self.seconds
            index = order[first : first + self.batch_size]
            yield self.workload.features[index], self.workload.labels[index]


class FakeBackend:
    """The library of the fake device."""

    name = "fake"
    loaders: tuple[str, ...] = ("inmemory",)
    held_code = None

    def __init__(self, device: FakeDevice) -> None:
        self.device = device
        self.seconds_per_batch = 0.0

    def probe(self) -> Availability:
        return AVAILABLE

    def devices(self) -> list[DeviceReport]:
        return [DeviceReport("cpu(0)", AVAILABLE)]

    def drain(self, device: str) -> None:
        self.device.drain()

    def to_numpy(self, array: Any) -> Any:
        self.device.drain()
        return np.array(array)

    def versions(self) -> dict[str, str]:
        return {"fake": "1"}

    def batches(self, loader: str, workload: Workload, device: str, batch_size: int) -> Batches:
        return FakeBatches(self.device, workload, batch_size, self.seconds_per_batch)

    def device_seconds(
        self, device: str, work: Callable[[], object], *, cold: bool = False
    ) -> None:
        return None

    def allocator_peak(self, device: str, work: Callable[[], object]) -> int | None:
        work()
        return None

    def controls(self, device: str) -> dict[str, Any]:
        return {}


@dataclass
class FakeState:
    """Parameters in the device's memory: right only when the queue is empty."""

    batches: Any
    batch_size: int
    w: Weight
    b: Weight


class FakeSgd(StepKernel):
    """Correct mini-batch SGD in float32; broken kernels override a part of it."""

    name = "fake.sgd"
    backend = "fake"
    operator = "numpy"

    def __init__(self, device: FakeDevice) -> None:
        self.device = device
        self.seconds_per_step = STEP_SECONDS
        self.prepared = 0
        self.resets = 0
        self.applied = 0

    def prepare(
        self, workload: Workload, device: str, batch_size: int, loader: str, start: Start
    ) -> FakeState:
        self.prepared += 1
        return FakeState(
            batches=FakeBatches(self.device, workload, batch_size, 0.0),
            batch_size=batch_size,
            w=start.weight.copy(),
            b=np.array([start.bias], dtype=np.float32),
        )

    def reset(self, state: FakeState, start: Start) -> None:
        """Enqueue it, as a device's library may: only a drain makes an end of it."""
        self.resets += 1
        self.device.enqueue(lambda: self.put(state, start), RESET_SECONDS)

    def put(self, state: FakeState, start: Start) -> None:
        """Do what a reset enqueued."""
        state.w[:], state.b[:] = start.weight, start.bias

    def step(self, state: FakeState, X: Any, y: Any, eta: float) -> None:
        self.device.enqueue(lambda: self.apply(state, X, y, eta), self.seconds_per_step)

    def apply(self, state: FakeState, X: Any, y: Any, eta: float) -> None:
        """Do what a step enqueued."""
        self.applied += 1
        r = X @ state.w + state.b - y
        self.descend(state, X.T @ r, r.sum(), np.float32(eta), len(y))

    def descend(self, state: FakeState, g_w: Any, g_b: Any, eta: Any, m: int) -> None:
        """Go against the gradient, given as a sum over the m samples of the batch."""
        state.w -= eta * g_w / m
        state.b -= eta * g_b / m

    def parameters(self, state: FakeState) -> tuple[Weight, float]:
        self.device.drain()
        return state.w.copy(), float(state.b[0])

    def training_loss(self, state: FakeState) -> float:
        self.device.drain()
        workload: Workload = state.batches.workload
        return workload.loss(state.w, float(state.b[0]))


class RoundsFactors(FakeSgd):
    """Rounds the factors of products to 10 bits, as half precision has them."""

    def apply(self, state: FakeState, X: Any, y: Any, eta: float) -> None:
        X, w = (one.astype(np.float16).astype(np.float32) for one in (X, state.w))
        r = (X @ w + state.b - y).astype(np.float16).astype(np.float32)
        self.descend(state, X.T @ r, r.sum(), np.float32(eta), len(y))


class WrongSign(FakeSgd):
    def descend(self, state: FakeState, g_w: Any, g_b: Any, eta: Any, m: int) -> None:
        super().descend(state, g_w, g_b, -eta, m)


class Factor(FakeSgd):
    """A learning rate that is wrong by a factor."""

    def __init__(self, device: FakeDevice, factor: float) -> None:
        super().__init__(device)
        self.factor = np.float32(factor)

    def descend(self, state: FakeState, g_w: Any, g_b: Any, eta: Any, m: int) -> None:
        super().descend(state, g_w, g_b, eta * self.factor, m)


class OnePercentMore(Factor):
    def __init__(self, device: FakeDevice) -> None:
        super().__init__(device, 1.01)


class Twice(Factor):
    def __init__(self, device: FakeDevice) -> None:
        super().__init__(device, 2.0)


class DoesNotWait(FakeSgd):
    """Reads the parameters before the queue is drained."""

    def parameters(self, state: FakeState) -> tuple[Weight, float]:
        return state.w.copy(), float(state.b[0])


class ReadsStaleWeights(FakeSgd):
    """Computes the gradient on the host, from weights that steps under way will change."""

    def step(self, state: FakeState, X: Any, y: Any, eta: float) -> None:
        r = X @ state.w + state.b - y
        g_w, g_b, m = X.T @ r, r.sum(), len(y)
        self.device.enqueue(
            lambda: self.descend(state, g_w, g_b, np.float32(eta), m), self.seconds_per_step
        )


class DividesByTheBatchSize(FakeSgd):
    def descend(self, state: FakeState, g_w: Any, g_b: Any, eta: Any, m: int) -> None:
        super().descend(state, g_w, g_b, eta, state.batch_size)


class ForgetsTheBias(FakeSgd):
    def descend(self, state: FakeState, g_w: Any, g_b: Any, eta: Any, m: int) -> None:
        super().descend(state, g_w, 0.0 * g_b, eta, m)


class ReversesTheOrder(FakeSgd):
    def epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
        super().epoch(state, order[::-1], learning_rates)


class DropsTheLastBatch(FakeSgd):
    """As a loader with ``last_batch='discard'``."""

    def epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
        n_full = len(order) // state.batch_size
        super().epoch(state, order[: n_full * state.batch_size], learning_rates[:n_full])


class GivesNaN(FakeSgd):
    def parameters(self, state: FakeState) -> tuple[Weight, float]:
        weight, _ = super().parameters(state)
        return weight, float("nan")


class ResetsNothing(FakeSgd):
    """Goes on from where the last training ended."""

    def put(self, state: FakeState, start: Start) -> None:
        pass


#: Wrong at every batch size.
BROKEN = (
    WrongSign,
    OnePercentMore,
    Twice,
    DoesNotWait,
    ReadsStaleWeights,
    ForgetsTheBias,
    ReversesTheOrder,
    GivesNaN,
    ResetsNothing,
)
#: Wrong only where the last batch is short.
BROKEN_ON_SHORT_BATCHES = (DividesByTheBatchSize, DropsTheLastBatch)
