"""The memory of a training: its own, all of it, and of a kernel that is right."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import data
from bench.machine.memory_use import DeviceMemory, Footprint, HostMemory, Resident
from bench.measure.gate import GateError, TrainingCase
from bench.measure.peak_memory import case_memory
from bench.measure.protocol import DivergedError, Protocol
from tests.measure.fake_device import FakeBackend, FakeDevice, FakeSgd, WrongSign

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload
    from kernels.contract import Order, Rates, Start, TrainKernel

MIB = 2**20
LARGE_BYTES = 64 * MIB
NO_GPU = DeviceMemory(None)


def touched() -> Any:
    return np.ones(LARGE_BYTES, dtype=np.uint8)


def pieces() -> list[bytes]:
    return [b"x" * 2**16 for _ in range(LARGE_BYTES // 2**16)]


class Recording(FakeSgd):
    """Notes what it is asked for."""

    def __init__(self, device: FakeDevice) -> None:
        super().__init__(device)
        self.prepared_for: list[tuple[int, int]] = []
        self.epochs: list[int] = []

    def prepare(
        self, workload: Workload, device: str, batch_size: int, loader: str, start: Start
    ) -> Any:
        self.prepared_for.append((workload.n_samples, batch_size))
        return super().prepare(workload, device, batch_size, loader, start)

    def epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
        self.epochs.append(len(order))
        assert not self.device.queue, "what was enqueued before is still under way"
        super().epoch(state, order, learning_rates)

    @property
    def rehearses(self) -> bool:
        return len(self.prepared_for) == 1


class Keeps(Recording):
    """Has a large array as long as its state lives."""

    def prepare(self, *args: Any, **kwargs: Any) -> Any:
        state = super().prepare(*args, **kwargs)
        state.large = touched()
        return state


class Passing(Recording):
    """Has a large array while its second epoch runs, and gives it back."""

    def epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
        if len(self.epochs) == 3:
            touched()
        super().epoch(state, order, learning_rates)


class Rehearses(Recording):
    """Has a large array only in the rehearsal."""

    def epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
        if self.rehearses:
            touched()
        super().epoch(state, order, learning_rates)


class InPieces(Recording):
    """Keeps as much in small pieces, which come from the C library's heap."""

    def prepare(self, *args: Any, **kwargs: Any) -> Any:
        state = super().prepare(*args, **kwargs)
        state.large = [] if self.rehearses else pieces()
        return state


def case_of(
    kernel: TrainKernel, batch_size: int = 30, workload: str = "synthetic-100x3"
) -> TrainingCase:
    return TrainingCase(data.load(workload), kernel, "cpu(0)", "inmemory", batch_size)


def measured(case: TrainingCase, **settings: Any) -> dict[str, Any]:
    protocol = Protocol(**{"epochs": 3, "seconds_per_case": 1.0, **settings})
    facts = case_memory(case, protocol, HostMemory(), NO_GPU)
    if not facts["host_peak_is_exact"]:
        pytest.skip("this system does not let a process forget its peak")
    return facts


@pytest.mark.parametrize("kernel", [Keeps, Passing])
def test_an_array_is_in_the_peak_of_its_case(device: FakeDevice, kernel: type[FakeSgd]) -> None:
    facts = measured(case_of(kernel(device)))
    room = facts["host_noise_bytes"] + 2 * MIB
    assert abs(facts["host_case_bytes"] - LARGE_BYTES) <= room
    assert facts["host_peak_bytes"] - facts["host_base_bytes"] == facts["host_case_bytes"]


def test_memory_that_the_c_library_had_kept_is_in_the_peak(device: FakeDevice) -> None:
    before = pieces()
    last = b"x" * 2**16  # the heap can't shrink below it
    del before
    facts = measured(case_of(InPieces(device)))
    assert facts["host_case_bytes"] >= LARGE_BYTES - facts["host_noise_bytes"] - 2 * MIB
    assert last


@pytest.mark.parametrize("kernel", [Recording, Rehearses])
def test_what_was_before_the_training_does_not_count(
    device: FakeDevice, kernel: type[FakeSgd]
) -> None:
    before = touched()
    facts = measured(case_of(kernel(device)))
    assert facts["host_case_bytes"] <= facts["host_noise_bytes"] + 2 * MIB
    assert facts["host_base_bytes"] > before.nbytes


def test_neither_the_data_nor_the_reference_counts(device: FakeDevice) -> None:
    # In one batch the reference takes more than 80 bytes a sample, the fake kernel 20.
    name, n = "synthetic-1000000x3", 1_000_000
    facts = measured(case_of(FakeSgd(device), n, name), learning_rate=0.01)
    assert facts["workload_bytes"] == 16 * n
    assert facts["host_case_bytes"] <= 40 * n + facts["host_noise_bytes"]


def test_a_few_samples_are_rehearsed_in_small_batches(device: FakeDevice) -> None:
    for batch_size, rehearsed in ((1, 1), (30, 30), (100, 32)):
        kernel = Recording(device)
        measured(case_of(kernel, batch_size))
        assert kernel.prepared_for == [(80, rehearsed), (100, batch_size)]
        assert kernel.epochs == [80, 80, 100, 100]


def test_a_workload_that_is_smaller_than_the_part_will_do(device: FakeDevice) -> None:
    kernel = Recording(device)
    measured(case_of(kernel, 5, "synthetic-20x3"))
    assert kernel.prepared_for == [(20, 5), (20, 5)]


def test_a_wrong_kernel_has_no_memory(device: FakeDevice) -> None:
    with pytest.raises(GateError, match="after 2 epochs"):
        measured(case_of(WrongSign(device)))


def test_a_training_that_diverges_has_none(device: FakeDevice) -> None:
    with pytest.raises(DivergedError):
        measured(case_of(FakeSgd(device)), learning_rate=1e6)


def test_a_kernel_that_does_not_shuffle_is_given_the_samples_as_they_lie(
    device: FakeDevice,
) -> None:
    class Sequential(Recording):
        shuffles = False

        def epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
            assert list(order) == list(range(len(order)))
            super().epoch(state, order, learning_rates)

    measured(case_of(Sequential(device)))


class Unforgetting(HostMemory):
    """Says that a peak stays what it was."""

    def forget_peak(self) -> bool:
        return False

    def read(self) -> Resident:
        return Resident(now_bytes=700, peak_bytes=1000, file_bytes=20)

    def slack_bytes(self) -> int:
        return 5


def test_a_peak_from_before_is_marked_as_such(device: FakeDevice) -> None:
    protocol = Protocol(epochs=1, seconds_per_case=1.0)
    facts = case_memory(case_of(FakeSgd(device)), protocol, Unforgetting(), NO_GPU)
    assert facts["host_peak_is_exact"] is False
    assert facts["host_case_bytes"] == 300


def test_code_that_was_loaded_late_is_noise(device: FakeDevice) -> None:
    class Loading(Unforgetting):
        n_read = 0

        def read(self) -> Resident:
            self.n_read += 1
            return Resident(700, 1000, 20 * self.n_read)

    protocol = Protocol(epochs=1, seconds_per_case=1.0)
    facts = case_memory(case_of(FakeSgd(device)), protocol, Loading(), NO_GPU)
    assert facts["host_noise_bytes"] == 5 + 20


def test_what_device_and_library_tell_is_passed_on(
    device: FakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel, seen = Recording(device), list[int]()

    def peak(self: FakeBackend, device: str, work: Callable[[], object]) -> int:
        seen.append(len(kernel.epochs))
        work()
        seen.append(len(kernel.epochs))
        return 640

    class Watching(DeviceMemory):
        def footprint(self) -> Footprint:
            seen.append(len(kernel.epochs))
            return Footprint(900, "process")

    monkeypatch.setattr(FakeBackend, "allocator_peak", peak)
    protocol = Protocol(epochs=1, seconds_per_case=1.0)
    facts = case_memory(case_of(kernel), protocol, HostMemory(), Watching(None))
    assert seen == [2, 4, 4]
    assert facts["allocator_peak_bytes"] == 640
    assert (facts["device_footprint_bytes"], facts["device_footprint_of"]) == (900, "process")


FRESH = """
import json, sys
from bench.measure.peak_memory import measure_memory
from bench.measure.protocol import Protocol
from kernels.registry import discover
params = dict(workload="synthetic-1000000x4", kernel="numpy.closed_form", device="cpu(0)",
              loader="inmemory", batch_size=500_000)
print(json.dumps(measure_memory(params, discover(), Protocol(3, 1.0))))
"""


def test_a_kernel_that_permutes_its_samples_holds_a_second_copy() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FRESH], capture_output=True, text=True, check=True
    )
    facts = json.loads(ran.stdout)
    if not facts["host_peak_is_exact"]:
        pytest.skip("this system does not let a process forget its peak")
    # The permuted features and labels, and a residual for each sample of the batch.
    expected = facts["workload_bytes"] + 4 * 500_000
    assert abs(facts["host_case_bytes"] - expected) <= facts["host_noise_bytes"] + MIB
    for told in ("allocator_peak_bytes", "device_footprint_bytes", "device_footprint_of"):
        assert facts[told] is None
