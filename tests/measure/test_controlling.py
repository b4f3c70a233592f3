"""The controls are right on every backend, and one that is wrong is not timed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from bench.cases.bench_machine import wanted
from bench.measure.controls import ControlCase, measure_control
from bench.measure.gate import GateError
from bench.measure.protocol import Protocol
from bench.measure.rounds import Instruments
from bench.measure.rule import RULE
from bench.plan.matrix import availability
from kernels import controls, tf32
from kernels.backends import BACKENDS
from kernels.contract import DeviceTime
from tests.measure.required_facts import REQUIRED

DEVICE = "cpu(0)"
PROTOCOL = Protocol(epochs=1, seconds_per_case=1e-4)
SMALL = {
    "matmul": 64 * controls.KIB,
    **dict.fromkeys(controls.IN_PARTS, 4 * controls.PART_BYTES),
}


class Operations:
    """The operations in NumPy; broken ones override one."""

    def to_device(self, host: Any) -> Any:
        return host.copy()

    def to_host(self, array: Any) -> Any:
        return array.copy()

    def copy_into(self, target: Any, source: Any) -> Any:
        np.copyto(target, source)
        return target

    def triad(self, a: Any, b: Any, c: Any) -> Any:
        a[:] = b + np.float32(controls.SCALE) * c
        return a

    def matmul(self, target: Any, a: Any, b: Any) -> Any:
        return np.matmul(a, b, out=target)

    def empty(self, array: Any) -> Any:
        return array


class CopiesNothingIn(Operations):
    def to_device(self, host: Any) -> Any:
        return np.zeros_like(host)


class CopiesNothingOut(Operations):
    def to_host(self, array: Any) -> Any:
        return np.zeros_like(array)


class CopiesNothing(Operations):
    def copy_into(self, target: Any, source: Any) -> Any:
        return target


class TriadWithoutScale(Operations):
    def triad(self, a: Any, b: Any, c: Any) -> Any:
        a[:] = b + c
        return a


class HalfPrecision(Operations):
    def matmul(self, target: Any, a: Any, b: Any) -> Any:
        target[:] = a.astype(np.float16).astype(np.float32) @ b
        return target


class GivesNaN(Operations):
    def empty(self, array: Any) -> Any:
        return np.full_like(array, np.nan)


class FakeBackend:
    name = "fake"

    def __init__(self, operations: Operations) -> None:
        self.operations = operations

    def drain(self, device: str) -> None: ...

    def device_seconds(self, device: str, work: Any, *, cold: bool = False) -> DeviceTime:
        work()
        return DeviceTime(0.5 if cold else 0.25, held=True)

    def controls(self, device: str) -> Any:
        return controls.standard(self.operations, device)


@pytest.mark.parametrize(
    ("device", "allowed", "right"),
    [("gpu(0)", "1", True), ("gpu(0)", "0", False), ("cpu(0)", "1", False)],
)
def test_a_product_of_rounded_factors_is_right_on_a_gpu_where_tf32_is_allowed(
    device: str, allowed: str, right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(tf32.OVERRIDE, allowed)
    control = controls.standard(HalfPrecision(), device)["matmul"](4 * controls.KIB)
    control.run()
    assert control.is_right() is right


@pytest.mark.parametrize("control", controls.SIZES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_control_of_every_backend_is_right(backend: str, control: str) -> None:
    answer = availability(backend, DEVICE)
    if not answer:
        pytest.skip(str(answer))
    n_bytes = SMALL.get(control, controls.SIZES[control][0])
    case = ControlCase(BACKENDS[backend], DEVICE, control, n_bytes)
    facts = measure_control(case, PROTOCOL, Instruments()).facts
    assert facts["verified"] is True
    assert facts["seconds_per_run"] > 0


@pytest.mark.parametrize(
    ("broken", "control"),
    [
        (CopiesNothingIn, "host_to_device"),
        (CopiesNothingOut, "device_to_host"),
        (CopiesNothing, "device_to_device"),
        (TriadWithoutScale, "triad"),
        (HalfPrecision, "matmul"),
        (GivesNaN, "empty_operator"),
        (TriadWithoutScale, "triad_in_parts"),
        (CopiesNothing, "copy_in_parts"),
    ],
)
def test_a_wrong_control_is_not_timed(broken: type[Operations], control: str) -> None:
    reads: list[None] = []

    def clock() -> float:
        reads.append(None)
        return 0.0

    backend: Any = FakeBackend(broken())
    case = ControlCase(backend, DEVICE, control, SMALL.get(control, 64 * controls.KIB))
    with pytest.raises(
        GateError, match=rf"the control {control} of fake on cpu\(0\) .* is wrong"
    ):
        measure_control(case, PROTOCOL, Instruments(clock))
    assert not reads


class TakesTwoSeconds(Operations):
    now = 0.0

    def triad(self, a: Any, b: Any, c: Any) -> Any:
        self.now += 2.0
        return super().triad(a, b, c)


def test_the_facts_give_rates_and_the_devices_own_time() -> None:
    slow = TakesTwoSeconds()
    case: Any = ControlCase(FakeBackend(slow), DEVICE, "triad", 4096)  # type: ignore[arg-type]
    measurement = measure_control(case, PROTOCOL, Instruments(lambda: slow.now))
    facts = measurement.facts
    assert set(facts) >= REQUIRED
    assert (facts["case"], facts["control"], facts["n_bytes"]) == ("machine", "triad", 4096)
    assert facts["seconds_per_run"] == 2.0
    assert (facts["bytes_moved"], facts["flops"]) == (12 * 1024, 2 * 1024)
    assert facts["moved_bytes_per_second"] == 12 * 1024 / 2.0
    assert facts["device_seconds"] == 0.25
    assert len(facts["device_data"]) == 5
    assert facts["device_held"] is True
    assert facts["cold_seconds"] == 0.5
    assert len(facts["cold_data"]) == 20
    assert measurement.group == "machine cpu(0) triad 4096"
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


class NotesWhatItCopies(Operations):
    def __init__(self) -> None:
        self.sources: list[int] = []

    def copy_into(self, target: Any, source: Any) -> Any:
        self.sources.append(id(source))
        return super().copy_into(target, source)


def test_of_a_control_in_parts_each_round_is_another_part() -> None:
    operations, parts = NotesWhatItCopies(), 4
    backend: Any = FakeBackend(operations)
    case = ControlCase(backend, DEVICE, "copy_in_parts", parts * controls.PART_BYTES)
    ticks = iter(range(10**6))
    measured = measure_control(case, PROTOCOL, Instruments(lambda: float(next(ticks))))
    assert {one.iterations for one in measured.rounds} == {1}
    assert len(measured.rounds) == RULE.rounds_per_part * parts
    assert measured.facts["bytes_moved"] == 2 * controls.PART_BYTES
    assert len(set(operations.sources[:parts])) == parts
    assert operations.sources[parts : 2 * parts] == operations.sources[:parts]


@pytest.mark.parametrize("control", controls.IN_PARTS)
def test_parts_are_timed_on_a_cpu_alone(control: str) -> None:
    params = {"backend": "torch", "control": control, "n_bytes": controls.SIZES[control][0]}
    assert wanted({**params, "device": "cpu(0)"})
    assert not wanted({**params, "device": "gpu(0)"})
