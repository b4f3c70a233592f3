"""The controls are right on every backend, and one that is wrong is not timed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from bench.measure.controlling import ControlCase, measure_control
from bench.measure.gate import GateError
from bench.measure.protocol import Protocol
from bench.measure.timing import Instruments
from bench.selection.matrix import availability
from kernels import controls
from kernels.backends import BACKENDS
from tests.measure.required_facts import REQUIRED

DEVICE = "cpu(0)"
PROTOCOL = Protocol(epochs=1, seconds_per_case=1e-4)
SMALL = {"matmul": 64 * controls.KIB}


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

    def device_seconds(self, device: str, work: Any) -> float | None:
        work()
        return 0.25

    def controls(self, device: str) -> Any:
        return controls.standard(self.operations)


@pytest.mark.parametrize("control", controls.SIZES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_control_of_every_backend_is_right(backend: str, control: str) -> None:
    answer = availability(backend, DEVICE)
    if not answer:
        pytest.skip(str(answer))
    n_bytes = SMALL.get(control, controls.SIZES[control][0])
    case = ControlCase(BACKENDS[backend], DEVICE, control, n_bytes)
    facts = measure_control(case, PROTOCOL).facts
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
    ],
)
def test_a_wrong_control_is_not_timed(broken: type[Operations], control: str) -> None:
    reads: list[None] = []

    def clock() -> float:
        reads.append(None)
        return 0.0

    case: Any = ControlCase(FakeBackend(broken()), DEVICE, control, 64 * controls.KIB)  # type: ignore[arg-type]
    with pytest.raises(
        GateError, match=rf"the control {control} of fake on cpu\(0\) .* is wrong"
    ):
        measure_control(case, PROTOCOL, Instruments(clock))
    assert not reads


def test_the_facts_give_rates_and_the_devices_own_time() -> None:
    ticks = iter(range(10**6))
    case: Any = ControlCase(FakeBackend(Operations()), DEVICE, "triad", 4096)  # type: ignore[arg-type]
    measurement = measure_control(case, PROTOCOL, Instruments(lambda: float(next(ticks))))
    facts = measurement.facts
    assert set(facts) >= REQUIRED
    assert (facts["case"], facts["control"], facts["n_bytes"]) == ("machine", "triad", 4096)
    assert facts["seconds_per_run"] == 2.0
    assert (facts["bytes_moved"], facts["flops"]) == (12 * 1024, 2 * 1024)
    assert facts["moved_bytes_per_second"] == 12 * 1024 / 2.0
    assert facts["device_seconds"] == 0.25
    assert len(facts["device_data"]) == 5
    assert measurement.group == "machine cpu(0) triad 4096"
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
