"""The driver is asked through its own library; here a fake one answers."""

from __future__ import annotations

import ctypes
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kernels.backends.cuda_driver import CudaDevice, DriverError, devices, is_shared_by_mps

IDENTITY = uuid.UUID("12345678-9abc-def0-1234-56789abcdef0")
NO_DEVICE, NOT_INITIALIZED = 100, 3
#: Of an H100: MULTIPROCESSOR_COUNT, CLOCK_RATE, MEMORY_CLOCK_RATE, GLOBAL_MEMORY_BUS_WIDTH,
#: L2_CACHE_SIZE, and COMPUTE_MODE, which is EXCLUSIVE_PROCESS.
ATTRIBUTES = {16: 132, 13: 1_980_000, 36: 2_619_000, 37: 5120, 38: 50 * 2**20, 20: 3}
FACTS: dict[str, int | str] = {
    "multiprocessors": 132,
    "clock_khz": 1_980_000,
    "memory_clock_khz": 2_619_000,
    "memory_bus_bits": 5120,
    "l2_bytes": 50 * 2**20,
    "compute_mode": "exclusive process",
}


@dataclass
class FakeDriver:
    """Answers as libcuda does: a code, and values through pointers."""

    gpus: list[tuple[str, uuid.UUID, tuple[int, int]]] = field(default_factory=list)
    failing: str = ""
    code: int = NOT_INITIALIZED
    initialized: bool = False
    untold: tuple[int, ...] = ()

    def _code(self, call: str) -> int:
        if call == self.failing:
            return self.code
        if call == "cuInit":
            self.initialized = True
        return 0 if self.initialized else NOT_INITIALIZED

    def cuInit(self, flags: int) -> int:  # noqa: N802 - the driver's names
        assert flags == 0
        return self._code("cuInit")

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        count._obj.value = len(self.gpus)
        return self._code("cuDeviceGetCount")

    def cuDeviceGet(self, handle: Any, index: int) -> int:  # noqa: N802
        handle._obj.value = 1000 + index  # a handle need not be the index
        return self._code("cuDeviceGet")

    def _gpu(self, handle: Any) -> tuple[str, uuid.UUID, tuple[int, int]]:
        index: int = handle.value - 1000
        return self.gpus[index]

    def cuDeviceGetName(self, name: Any, length: int, handle: Any) -> int:  # noqa: N802
        name.value = self._gpu(handle)[0].encode()[: length - 1]
        return self._code("cuDeviceGetName")

    def cuDeviceGetUuid(self, identity: Any, handle: Any) -> int:  # noqa: N802
        identity.raw = self._gpu(handle)[1].bytes
        return self._code("cuDeviceGetUuid")

    def cuDeviceGetAttribute(self, value: Any, attribute: int, handle: Any) -> int:  # noqa: N802
        # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR in cuda.h, and the others.
        if attribute in ATTRIBUTES:
            value._obj.value = ATTRIBUTES[attribute]
            return self.code if attribute in self.untold else self._code("cuDeviceGetAttribute")
        value._obj.value = self._gpu(handle)[2][{75: 0, 76: 1}[attribute]]
        return self._code("cuDeviceGetAttribute")


def install(monkeypatch: pytest.MonkeyPatch, driver: FakeDriver) -> None:
    monkeypatch.setattr(ctypes, "CDLL", {"libcuda.so.1": driver}.__getitem__)


H100 = ("NVIDIA H100 80GB HBM3", IDENTITY, (9, 0))
RTX = ("NVIDIA GeForce RTX 2080", uuid.UUID(int=1), (7, 5))


def test_gpus_are_described_in_the_drivers_order(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeDriver([H100, RTX]))
    first, second = devices()
    assert first == CudaDevice(
        index=0,
        name="NVIDIA H100 80GB HBM3",
        uuid="GPU-12345678-9abc-def0-1234-56789abcdef0",
        compute_capability=(9, 0),
        facts=FACTS,
    )
    assert (second.index, second.name, second.compute_capability) == (1, RTX[0], (7, 5))
    assert second.uuid == "GPU-00000000-0000-0000-0000-000000000001"


def test_a_fact_that_the_driver_does_not_tell_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, FakeDriver([H100], untold=(20, 38)))
    (gpu,) = devices()
    assert FACTS.keys() - gpu.facts.keys() == {"l2_bytes", "compute_mode"}


class Divided(FakeDriver):
    """A driver that knows instances of a divided GPU."""

    def cuDeviceGetUuid_v2(self, identity: Any, handle: Any) -> int:  # noqa: N802
        identity.raw = uuid.UUID(int=handle.value).bytes
        return self._code("cuDeviceGetUuid")


def test_instances_of_a_divided_gpu_have_identities_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, Divided([H100, H100]))
    assert len({gpu.uuid for gpu in devices()}) == 2


def test_a_driver_that_counts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeDriver())
    assert devices() == []


def test_a_driver_that_says_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeDriver([H100], failing="cuInit", code=NO_DEVICE))
    assert devices() == []


@pytest.mark.parametrize(
    "call",
    [
        "cuInit",
        "cuDeviceGetCount",
        "cuDeviceGet",
        "cuDeviceGetName",
        "cuDeviceGetUuid",
        "cuDeviceGetAttribute",
    ],
)
def test_a_call_that_fails_is_named_with_its_code(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    install(monkeypatch, FakeDriver([H100], failing=call, code=999))
    with pytest.raises(DriverError, match=rf"{call} failed with code 999\.$"):
        devices()


def test_no_driver_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(DriverError, match=r"no NVIDIA driver is installed \(libcuda\.so\.1"):
        devices()


def test_a_daemon_of_mps_has_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", str(tmp_path))
    assert not is_shared_by_mps()
    (tmp_path / "control").touch()
    assert is_shared_by_mps()
