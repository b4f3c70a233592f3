"""The warm-up ends by a rule: when an epoch takes about as long as it should."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import data
from bench.measure.calibration import first_and_last, ready
from bench.measure.gate import TrainingCase
from bench.measure.protocol import Protocol, plan_training
from bench.measure.rounds import Instruments
from bench.measure.rule import RULE
from tests.measure.fake_device import ENQUEUE_SECONDS, FakeDevice, FakeSgd

if TYPE_CHECKING:
    from bench.measure.calibration import WarmUp

SECONDS_PER_STEP = 2.0 + ENQUEUE_SECONDS
SCALE = 2.0**20
#: Calls of equal time that the rule takes to call them settled.
PARTS = 3


class Compiles(FakeSgd):
    """Takes longer for every shape that it meets first: a batch, or a whole epoch."""

    def __init__(
        self, device: FakeDevice, *, per_batch: float = 0, per_epoch: float = 0
    ) -> None:
        super().__init__(device)
        self.costs = {"batch": per_batch, "epoch": per_epoch}
        self.met: list[tuple[str, int]] = []

    def meet(self, what: str, length: int) -> None:
        if (what, length) not in self.met:
            self.met.append((what, length))
            self.device.now += self.costs[what]

    def epoch(self, state: Any, order: Any, learning_rates: Any) -> None:
        self.meet("epoch", len(order))
        super().epoch(state, order, learning_rates)

    def step(self, state: Any, X: Any, y: Any, eta: float) -> None:
        self.meet("batch", len(y))
        super().step(state, X, y, eta)


def warmed(kernel: FakeSgd, device: FakeDevice, batch_size: int = 3) -> WarmUp:
    case = TrainingCase(data.load("synthetic-100x3"), kernel, "cpu(0)", "inmemory", batch_size)
    plan = plan_training(case.workload, batch_size, Protocol(epochs=1, seconds_per_case=1.0))
    # Seconds of a machine, so that the rule does not run out of time.
    clock = Instruments(lambda: device.clock() / SCALE)
    return ready(case, plan, device.drain, clock).warm_up


def test_a_kernel_that_compiles_nothing_is_warm_after_one_epoch(device: FakeDevice) -> None:
    result = warmed(FakeSgd(device), device)
    n_steps = PARTS * (RULE.warm_up_batches + 1) + 34
    assert (result.calls, result.settled) == (PARTS + 1, True)
    assert result.seconds * SCALE == pytest.approx(n_steps * SECONDS_PER_STEP, rel=1e-5)
    assert result.settled_seconds * SCALE == pytest.approx(34 * SECONDS_PER_STEP, rel=1e-5)
    assert result.excess_seconds == 0


def test_every_shape_of_a_batch_is_met_before_the_first_whole_epoch(device: FakeDevice) -> None:
    kernel = Compiles(device, per_batch=1e6)
    assert warmed(kernel, device).settled
    assert [size for what, size in kernel.met if what == "batch"] == [3, 1]


def test_a_kernel_that_compiles_whole_epochs_gets_another(device: FakeDevice) -> None:
    kernel = Compiles(device, per_epoch=1e6)
    result = warmed(kernel, device)
    # One part more, and one epoch more, than without compiling.
    assert (result.calls, result.settled) == (PARTS + 1 + 2, True)
    assert result.excess_seconds * SCALE == pytest.approx(2e6)
    compiled = [size for what, size in kernel.met if what == "epoch"]
    assert compiled[-2:] == [61, 100]


def test_a_kernel_that_gets_faster_all_the_time_is_given_up_on(device: FakeDevice) -> None:
    class Improves(FakeSgd):
        whole = 0

        def epoch(self, state: Any, order: Any, learning_rates: Any) -> None:
            self.whole += len(order) == 100
            self.seconds_per_step = 2.0 ** (40 - self.whole) if len(order) == 100 else 2.0
            super().epoch(state, order, learning_rates)

    result = warmed(Improves(device), device)
    assert (result.calls, result.settled) == (PARTS + RULE.max_warm_up_epochs, False)


@pytest.mark.parametrize(("n", "batch_size"), [(100, 3), (100, 100), (64, 3), (99, 3), (22, 1)])
def test_the_last_batch_is_among_the_first(n: int, batch_size: int) -> None:
    order = np.arange(n)
    rates = array("d", range(-(-n // batch_size)))
    part, part_rates = first_and_last(order, rates, batch_size)
    assert (
        len(part_rates)
        == -(-len(part) // batch_size)
        == min(RULE.warm_up_batches + 1, len(rates))
    )
    last = part[(len(part_rates) - 1) * batch_size :]
    np.testing.assert_array_equal(last, order[(len(rates) - 1) * batch_size :])
    assert part_rates[-1] == rates[-1]
