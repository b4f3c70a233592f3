from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench.measure.protocol import Protocol, Published
from bench.measure.rounds import Instruments, time_round
from bench.measure.rule import RULE as MEASURING
from bench.plan import duration
from bench.plan.duration import Estimator
from bench.plan.rule import RULE
from bench.plan.tasks import Pass, Task, protocol_in
from kernels import backends
from kernels.backends import BACKENDS
from kernels.registry import Registry, discover
from tests.measure.fake_device import (
    ENQUEUE_SECONDS,
    STEP_SECONDS,
    FakeBackend,
    FakeDevice,
    FakeSgd,
)

CASES = Path(duration.__file__).parents[1] / "cases"
STEP = ENQUEUE_SECONDS + STEP_SECONDS
#: A batch of the fake loader, of 10 samples.
BATCH = 0.5
EPOCH = {
    "workload": "synthetic-100x3",
    "kernel": "fake.sgd",
    "device": "cpu(0)",
    "loader": "inmemory",
    "batch_size": 30,
}
#: All that an estimate may add for small workloads: overhead, reference, traffic.
SMALL = RULE.case_seconds + 0.02


@pytest.fixture
def kernel(device: FakeDevice, monkeypatch: pytest.MonkeyPatch) -> FakeSgd:
    backend = BACKENDS["fake"]
    assert isinstance(backend, FakeBackend)
    backend.seconds_per_batch = BATCH
    monkeypatch.setattr(
        duration, "time_round", partial(time_round, instruments=Instruments(device.clock))
    )
    return FakeSgd(device)


def estimator(kernel: FakeSgd, **settings: Any) -> Estimator:
    protocol = Protocol(**{"epochs": 3, "seconds_per_case": 1.0, **settings})
    return Estimator(Registry(train={kernel.name: kernel}, update={}), protocol)


def test_a_step_is_measured_once_for_each_kernel_and_device(
    kernel: FakeSgd, device: FakeDevice
) -> None:
    one = estimator(kernel)
    assert one.step_seconds("fake.sgd", "cpu(0)") == STEP
    reads = device.clock_reads
    assert one.step_seconds("fake.sgd", "cpu(0)") == STEP
    assert device.clock_reads == reads
    assert kernel.applied >= RULE.timed_steps


def test_a_loader_is_measured_by_the_sample_at_the_batch_size(kernel: FakeSgd) -> None:
    one = estimator(kernel)
    # 45 samples in batches of 30 are 2 batches; a larger batch is cut to the 45.
    assert one.sample_seconds(EPOCH, "fake") == 2 * BATCH / 45
    assert one.sample_seconds({**EPOCH, "batch_size": 1}, "fake") == 45 * BATCH / 45
    assert one.sample_seconds({**EPOCH, "batch_size": 100}, "fake") == BATCH / 45


@pytest.mark.parametrize(
    ("seconds_per_case", "trainings"), [(0.001, 1), (43.0, 2), (1000.0, 32), (9000.0, 280)]
)
def test_an_epoch_case_is_its_trainings_the_gate_the_warm_up_and_the_phases(
    kernel: FakeSgd, seconds_per_case: float, trainings: int
) -> None:
    epoch = 4 * STEP + 100 * 2 * BATCH / 45
    seconds = estimator(kernel, seconds_per_case=seconds_per_case).case("bench_epoch", EPOCH)
    expected = (3 * trainings + 3) * epoch
    assert expected <= seconds <= expected + SMALL


def test_the_gate_costs_less_than_an_epoch_at_small_batch_sizes(kernel: FakeSgd) -> None:
    epoch = 100 * STEP + 100 * BATCH
    seconds = estimator(kernel).case("bench_epoch", {**EPOCH, "batch_size": 1})
    # Three timed, one in phases; one, and a fifth of one, to get warm; a part in the gate.
    assert seconds == pytest.approx((3 + 1 + 1.21 + 0.06) * epoch, abs=SMALL)


def test_a_later_process_needs_one_timed_epoch_and_no_phases(kernel: FakeSgd) -> None:
    epoch = 4 * STEP + 100 * 2 * BATCH / 45
    first = estimator(kernel, seconds_per_case=0.001)
    later = first.under(protocol_in(Protocol(epochs=3, seconds_per_case=0.001), 1))
    assert later.case("bench_epoch", EPOCH) == pytest.approx(3 * epoch, abs=SMALL)
    applied = kernel.applied
    first.case("bench_epoch", EPOCH)
    assert kernel.applied == applied  # what was tried out is not tried again


def test_an_update_case_is_what_is_asked_for_and_drawing_the_arrays(kernel: FakeSgd) -> None:
    one = estimator(kernel, seconds_per_case=4.0)
    small = one.case("bench_update", {"device": "cpu(0)", "n_parameters": 5})
    assert small == pytest.approx(4.0, abs=SMALL)
    large = one.case("bench_update", {"device": "cpu(0)", "n_parameters": 10**7})
    assert large == pytest.approx(4.0 + 10**7 * RULE.update_seconds, abs=SMALL)


def test_a_loader_case_is_what_is_asked_for_and_at_least_five_epochs(kernel: FakeSgd) -> None:
    params = {key: EPOCH[key] for key in ("workload", "device", "loader", "batch_size")}
    epoch = 100 * 2 * BATCH / 45
    warm = MEASURING.max_warm_up_seconds
    for asked, expected in ((1.0, warm + 5 * epoch), (1000.0, warm + 1000.0)):
        one = estimator(kernel, seconds_per_case=asked)
        seconds = one.case("bench_loader", {**params, "backend": "fake"})
        assert seconds == pytest.approx(expected, abs=SMALL)


def test_a_notebook_case_is_its_trainings_with_their_evaluations(
    kernel: FakeSgd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duration, "published", lambda *_: Published("fake.sgd", 30, 0.1, 2))
    epoch = 4 * STEP + 100 * 2 * BATCH / 45 + STEP
    seconds = estimator(kernel, notebook_repeats=5).case("bench_notebook", EPOCH)
    assert seconds == pytest.approx(5 * 2 * epoch, abs=SMALL)


def test_large_workloads_cost_their_traffic_too(kernel: FakeSgd) -> None:
    one = estimator(kernel, seconds_per_case=0.001, epochs=1)
    narrow = one.case("bench_epoch", {**EPOCH, "workload": "synthetic-1000x4"})
    wide = one.case("bench_epoch", {**EPOCH, "workload": "synthetic-1000x400"})
    # 396 000 values more in each epoch: timed, in phases, to get warm; a part in the gate.
    traffic = 396_000 * RULE.bytes_per_value / RULE.bytes_per_second
    assert 3 * traffic <= wide - narrow <= 5 * traffic


@pytest.mark.parametrize("module", sorted(path.stem for path in CASES.glob("bench_*.py")))
def test_every_case_module_has_an_estimate(module: str) -> None:
    params = {
        "workload": "airfoil",
        "kernel": "nd.autograd",
        "backend": "mxnet",
        "device": "cpu(0)",
        "loader": "dataloader",
        "batch_size": 1500,
        "n_parameters": 5,
        "n_bytes": 4,
    }
    protocol = Protocol(epochs=1, seconds_per_case=0.5)
    assert Estimator(discover(), protocol).case(module, params) > 0


def test_there_are_case_modules() -> None:
    assert {path.stem for path in CASES.glob("bench_*.py")} >= {"bench_epoch", "bench_update"}


def test_a_case_is_estimated_from_its_own_device(
    kernel: FakeSgd, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = kernel.prepare

    def prepared(workload: Any, device: str, *others: Any) -> Any:
        kernel.seconds_per_step = STEP_SECONDS / (8 if device == "gpu(0)" else 1)
        return prepare(workload, device, *others)

    monkeypatch.setattr(kernel, "prepare", prepared)
    one = estimator(kernel, seconds_per_case=0.001)
    batches = 100 * 2 * BATCH / 45
    for device, seconds in (("cpu(0)", STEP_SECONDS), ("gpu(0)", STEP_SECONDS / 8)):
        epoch = 4 * (ENQUEUE_SECONDS + seconds) + batches
        params = {**EPOCH, "device": device}
        assert one.case("bench_epoch", params) == pytest.approx(6 * epoch, abs=SMALL)
        memory = RULE.memory_seconds + MEASURING.memory_epochs * epoch
        assert one.memory(params) == pytest.approx(memory, abs=SMALL)


def test_tasks_are_estimated_by_their_keys(kernel: FakeSgd) -> None:
    registry, protocol = Registry(train={kernel.name: kernel}, update={}), Protocol(3, 1.0)
    first = Estimator(registry, protocol)
    timed = Task("bench_epoch", "bench_epoch[a]", EPOCH)
    memory = replace(timed, kind=Pass.MEMORY)
    expected = {
        "time bench_epoch[a]": first.case("bench_epoch", EPOCH),
        "time later bench_epoch[a]": first.under(protocol_in(protocol, 1)).case(
            "bench_epoch", EPOCH
        ),
        "memory bench_epoch[a]": first.memory(EPOCH),
    }
    assert duration.estimates_of(registry, protocol, [timed, memory]) == expected
    sent = json.loads(json.dumps([asdict(one) for one in (timed, memory)]))
    assert duration.tried({"tasks": sent}, registry, protocol) == expected


def test_a_library_that_has_nothing_for_a_device_is_no_error(
    kernel: FakeSgd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: Any) -> Any:
        raise ValueError("gpu(0) is no CPU")

    monkeypatch.setattr(backends.get("fake"), "batches", nothing)
    monkeypatch.setattr(kernel, "prepare", nothing)
    one = estimator(kernel, seconds_per_case=1.0)
    params = {**EPOCH, "device": "gpu(0)"}
    for name in ("bench_epoch", "bench_step", "bench_loader"):
        assert one.case(name, {**params, "backend": "fake"}) > 0
