"""A GPU's memory: of this process where the driver tells, else the growth of the device's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bench.machine.memory_use import DeviceMemory, Footprint
from kernels.backends import cuda_driver
from kernels.backends.cuda_driver import CudaDevice

PID = 41
GPU = CudaDevice(index=1, name="NVIDIA Test", uuid="GPU-1", compute_capability=(9, 0))


class FakeNvmlError(Exception):
    pass


class FakeNvml:
    """One GPU, whose memory and processes are set by the test."""

    NVMLError = FakeNvmlError

    def __init__(self) -> None:
        self.used = 1000
        self.processes: list[Any] = []
        self.refused: set[str] = set()
        self.opened = 0

    def process(self, pid: int, n_bytes: int | None) -> None:
        self.processes.append(SimpleNamespace(pid=pid, usedGpuMemory=n_bytes))

    def nvmlInit(self) -> None:  # noqa: N802 - NVML's name
        self._answer("init")
        self.opened += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.opened -= 1

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        self._answer(uuid)
        return "the GPU"

    def nvmlDeviceGetMemoryInfo(self, gpu: str) -> Any:  # noqa: N802
        self._answer("memory")
        return SimpleNamespace(used=self.used)

    def nvmlDeviceGetComputeRunningProcesses(self, gpu: str) -> Any:  # noqa: N802
        self._answer("processes")
        return self.processes

    def _answer(self, question: str) -> None:
        if question in self.refused:
            raise FakeNvmlError


def watched(nvml: FakeNvml) -> DeviceMemory:
    return DeviceMemory("GPU-1", nvml, PID)


def test_it_is_this_processs_where_the_driver_lists_it() -> None:
    nvml = FakeNvml()
    watching = watched(nvml)
    nvml.used = 5000
    nvml.process(PID, 300)
    nvml.process(7, 2000)
    nvml.process(PID, 20)
    assert watching.footprint() == Footprint(320, "process")
    assert nvml.opened == 0


@pytest.mark.parametrize("listed", [[], [(7, 2000)], [(PID, None)], [(PID, 0)]])
def test_it_is_the_growth_of_the_device_where_it_does_not(listed: list[Any]) -> None:
    nvml = FakeNvml()
    watching = watched(nvml)
    for pid, n_bytes in listed:
        nvml.process(pid, n_bytes)
    nvml.used = 1700
    assert watching.footprint() == Footprint(700, "device")


def test_processes_that_may_not_be_asked_for_leave_the_device() -> None:
    nvml = FakeNvml()
    nvml.refused = {"processes"}
    watching = watched(nvml)
    nvml.used = 1700
    assert watching.footprint() == Footprint(700, "device")
    assert nvml.opened == 0


@pytest.mark.parametrize("refused", [{"init"}, {"GPU-1", "MIG-1"}, {"processes", "memory"}])
def test_what_cannot_be_told_is_none(refused: set[str]) -> None:
    nvml = FakeNvml()
    nvml.refused = refused
    assert watched(nvml).footprint() == Footprint(None, None)
    assert nvml.opened == 0


def test_a_device_with_less_in_use_than_before_tells_nothing() -> None:
    nvml = FakeNvml()
    watching = watched(nvml)
    nvml.used = 900
    assert watching.footprint() == Footprint(None, None)


def test_a_gpu_is_found_by_the_number_that_cuda_gives_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(cuda_driver, "devices", lambda: [GPU])
    monkeypatch.setattr(DeviceMemory, "__init__", lambda self, uuid: asked.append(uuid))
    for device in ("gpu(1)", "gpu(0)"):
        DeviceMemory.of(device)
    assert asked == ["GPU-1", None]


def test_for_a_cpu_the_driver_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError

    monkeypatch.setattr(cuda_driver, "devices", refuse)
    assert DeviceMemory.of("cpu(0)").footprint() == Footprint(None, None)


def test_without_a_driver_there_is_nothing_to_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise cuda_driver.DriverError("no driver.")

    monkeypatch.setattr(cuda_driver, "devices", refuse)
    assert DeviceMemory.of("gpu(0)").footprint() == Footprint(None, None)
