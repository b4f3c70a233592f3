"""A GPU's memory: of this process where the driver tells, else the growth of the device's."""

from __future__ import annotations

from typing import Any

import pytest

from bench.machine.memory_use import DeviceMemory, Footprint
from kernels.backends import cuda_driver
from kernels.backends.cuda_driver import CudaDevice
from tests.machine.recorded_nvml import (
    LISTED,
    MEMORY_INFO,
    REFUSED,
    RecordedNvml,
    memory,
    processes,
)

PID = 41
GPU = CudaDevice(index=1, name="NVIDIA Test", uuid="GPU-1", compute_capability=(9, 0))


def footprint(changed: dict[str, Any], used_after: int = 1700) -> Footprint:
    """Return the footprint of a process on a GPU that had 1000 bytes in use before."""
    nvml = RecordedNvml({MEMORY_INFO: memory(1000), LISTED: [], **changed})
    watching = DeviceMemory("GPU-1", nvml, PID)
    if MEMORY_INFO not in changed:
        nvml.answers[MEMORY_INFO] = memory(used_after)
    found = watching.footprint()
    assert nvml.n_open == 0
    return found


def test_it_is_this_processs_where_the_driver_lists_it() -> None:
    listed = [
        *processes(PID, n_bytes=300),
        *processes(7, n_bytes=2000),
        *processes(PID, n_bytes=20),
    ]
    assert footprint({LISTED: listed}) == Footprint(320, "process")


@pytest.mark.parametrize(
    "listed",
    [
        [],
        processes(7, n_bytes=2000),
        processes(PID, n_bytes=None),
        processes(PID, n_bytes=0),
        REFUSED,
    ],
)
def test_it_is_the_growth_of_the_device_where_it_does_not(listed: Any) -> None:
    assert footprint({LISTED: listed}) == Footprint(700, "device")


@pytest.mark.parametrize(
    "refused",
    [["nvmlInit"], ["nvmlDeviceGetHandleByUUID"], [LISTED, MEMORY_INFO]],
)
def test_what_cannot_be_told_is_none(refused: list[str]) -> None:
    assert footprint(dict.fromkeys(refused, REFUSED)) == Footprint(None, None)


@pytest.mark.parametrize("used_after", [900, 1000])
@pytest.mark.parametrize("listed", [[], processes(PID, n_bytes=0)])
def test_a_device_with_no_more_in_use_than_before_tells_nothing(
    listed: Any, used_after: int
) -> None:
    assert footprint({LISTED: listed}, used_after) == Footprint(None, None)


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
