from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import data
from bench.measure.gate import GateError
from bench.measure.loader import LoaderCase, measure_loading
from bench.measure.protocol import Protocol
from bench.measure.rounds import Instruments
from bench.measure.rule import RULE
from kernels import backends
from tests.measure.fake_device import FakeBackend, FakeBatches, FakeDevice
from tests.measure.required_facts import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.measure.measurement import Measurement
    from data.workload import Workload
    from kernels.contract import Batches, Order

#: At batch size 30, 100 samples are 4 batches, the last of 10.
BATCH_SIZE = 30


class BackendWith(FakeBackend):
    """A backend with a loader of the test's choice, 0.5 s a batch."""

    def __init__(self, device: FakeDevice, loader: type[FakeBatches] = FakeBatches) -> None:
        super().__init__(device)
        self.loader = loader

    def batches(self, loader: str, workload: Workload, device: str, batch_size: int) -> Batches:
        return self.loader(self.device, workload, batch_size, 0.5)


def measured(
    backend: Any, clock: Any, loader: str = "inmemory", size: int = BATCH_SIZE, **settings: Any
) -> Measurement:
    case = LoaderCase(data.load("synthetic-100x3"), backend, "cpu(0)", loader, size)
    protocol = Protocol(**{"epochs": 1, "seconds_per_case": 1.0, **settings})
    return measure_loading(case, protocol, Instruments(clock))


class Sequential(FakeBatches):
    """Ignores the order."""

    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        yield from super().__call__(np.arange(len(order)))


class LabelsOfOthers(FakeBatches):
    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        for features, labels in super().__call__(order):
            yield features, labels[::-1]


class HalfPrecision(FakeBatches):
    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        for features, labels in super().__call__(order):
            yield features.astype(np.float16), labels


class DropsTheLastBatch(FakeBatches):
    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        yield from super().__call__(order[: len(order) // self.batch_size * self.batch_size])


class PadsTheLastBatch(FakeBatches):
    """As a loader with ``last_batch='rollover'`` may."""

    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        missing = -len(order) % self.batch_size
        yield from super().__call__(np.append(order, order[:missing]))


class RepeatsABatch(FakeBatches):
    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        yield from super().__call__(order)
        yield from super().__call__(order[: self.batch_size])


class YieldsNothing(FakeBatches):
    def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
        yield from ()


@pytest.mark.parametrize(
    "wrong",
    [
        Sequential,
        LabelsOfOthers,
        HalfPrecision,
        DropsTheLastBatch,
        PadsTheLastBatch,
        RepeatsABatch,
        YieldsNothing,
    ],
)
@pytest.mark.parametrize("size", [7, 30, 64])
def test_a_wrong_loader_fails_and_is_never_timed(
    device: FakeDevice, wrong: type[FakeBatches], size: int
) -> None:
    with pytest.raises(
        GateError, match=rf"the inmemory loader on cpu\(0\) \(batch size {size}\) is wrong, so"
    ):
        measured(BackendWith(device, wrong), device.clock, size=size)
    assert device.clock_reads == 0


def test_the_message_says_where_the_wrong_rows_are_or_how_many_are_missing(
    device: FakeDevice,
) -> None:
    with pytest.raises(GateError, match="starts at sample 0 of the order holds other rows"):
        measured(BackendWith(device, Sequential), device.clock)
    with pytest.raises(GateError, match="it yielded 90 of 100 samples"):
        measured(BackendWith(device, DropsTheLastBatch), device.clock)


@pytest.mark.parametrize("size", [1, 2, 30, 64, 100])
def test_a_round_is_an_epoch_of_batches(device: FakeDevice, size: int) -> None:
    rounds = measured(BackendWith(device), device.clock, size=size).rounds
    assert len(rounds) == RULE.min_rounds
    assert {one.drained_seconds for one in rounds} == {0.5 * -(-100 // size)}


def test_rounds_are_repeated_until_enough_is_timed(device: FakeDevice) -> None:
    backend = BackendWith(device)
    assert len(measured(backend, device.clock, seconds_per_case=15.0, target=-1.0).rounds) == 8
    many = measured(backend, device.clock, seconds_per_case=99.0, max_rounds=12, target=-1.0)
    assert len(many.rounds) == 12


def test_work_that_a_loader_left_in_the_queue_is_in_the_clock(device: FakeDevice) -> None:
    class Queues(FakeBatches):
        def __call__(self, order: Order) -> Iterator[tuple[Any, Any]]:
            for batch in super().__call__(order):
                self.device.enqueue(lambda: None, 4.0)
                yield batch

    measurement = measured(BackendWith(device, Queues), device.clock)
    assert {one.enqueued_seconds for one in measurement.rounds} == {4 * (0.5 + 0.125)}
    assert {one.drained_seconds for one in measurement.rounds} == {4 * (0.5 + 0.125 + 4.0)}


def test_the_facts_say_all_that_the_run_file_promises(device: FakeDevice) -> None:
    measurement = measured(BackendWith(device), device.clock)
    facts = measurement.facts
    assert set(facts) >= REQUIRED
    assert facts["case"] == "loader"
    assert facts["verified"] is True
    identity = ("workload", "kernel", "backend", "device", "loader", "batch_size", "n_samples")
    assert [facts[key] for key in identity] == [
        "synthetic-100x3",
        None,
        "fake",
        "cpu(0)",
        "inmemory",
        BATCH_SIZE,
        100,
    ]
    assert facts["seconds_per_epoch"] == 2.0
    assert facts["samples_per_second"] == 50.0
    assert facts["enqueued_seconds"] == 2.0
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert measurement.group == "loader synthetic-100x3 cpu(0) inmemory"


@pytest.mark.parametrize("loader", backends.get("mxnet").loaders)
@pytest.mark.parametrize("size", [1, 30, 100])
def test_the_loaders_of_mxnet_are_right(loader: str, size: int) -> None:
    few = {"seconds_per_case": 1e-3, "max_rounds": RULE.min_rounds}
    measurement = measured(backends.get("mxnet"), time.perf_counter, loader, size, **few)
    assert measurement.facts["verified"] is True
