"""A GPU that can't be used is listed with the reason; nothing falls back to the CPU."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kernels.backends import cuda_driver
from kernels.backends.cuda_driver import CudaDevice, DriverError
from kernels.backends.mxnet import devices
from kernels.contract import AVAILABLE, DeviceReport, Status
from tests.kernels.judging import judge_in_this_process

if TYPE_CHECKING:
    from collections.abc import Callable

H100 = CudaDevice(0, "NVIDIA H100 80GB HBM3", "GPU-0", (9, 0))
RTX = CudaDevice(1, "NVIDIA GeForce RTX 4090", "GPU-1", (8, 9))
NO_IMAGE = "no kernel image is available for execution on the device"


@pytest.mark.parametrize("capability", [(5, 0), (5, 2), (6, 1), (7, 5), (8, 0), (8, 6), (8, 9)])
def test_the_wheel_has_code_for(capability: tuple[int, int]) -> None:
    assert devices.holds_code_for(capability)


@pytest.mark.parametrize("capability", [(3, 5), (4, 9), (9, 0), (10, 0), (12, 0)])
def test_the_wheel_has_no_code_for(capability: tuple[int, int]) -> None:
    assert not devices.holds_code_for(capability)


def never(index: int) -> str:
    raise AssertionError(f"GPU {index} must not be tried")


def gpus(
    monkeypatch: pytest.MonkeyPatch,
    found: list[CudaDevice] | Exception,
    wheel: str | None = "mxnet-cu112",
    error_of: Callable[[int], str] = never,
) -> list[DeviceReport]:
    """List the GPUs of an invented machine."""

    def driver() -> list[CudaDevice]:
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(cuda_driver, "devices", driver)
    monkeypatch.setattr(devices, "gpu_wheel", lambda: wheel)
    monkeypatch.setattr(devices, "try_operator", error_of)
    judge_in_this_process(monkeypatch)
    cpu, *others = devices.reports.__wrapped__()
    assert cpu == DeviceReport("cpu(0)", AVAILABLE)
    assert others, "a machine without a GPU says why"
    assert all(report.device.startswith("gpu(") for report in others)
    return others


def test_gpus_that_work_are_available_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [CudaDevice(0, "NVIDIA A100", "GPU-0", (8, 0)), RTX]
    assert gpus(monkeypatch, found, error_of=lambda _: "") == [
        DeviceReport("gpu(0)", AVAILABLE, "NVIDIA A100"),
        DeviceReport("gpu(1)", AVAILABLE, "NVIDIA GeForce RTX 4090"),
    ]


def test_a_gpu_newer_than_the_wheel_is_broken_beside_one_that_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    h100, rtx = gpus(monkeypatch, [H100, RTX], error_of=[NO_IMAGE, ""].__getitem__)
    assert h100.device == "gpu(0)"
    assert h100.description == H100.name
    assert h100.availability.status is Status.BROKEN
    for said in ("9.0", "5.0, 6.0, 7.0, 8.0, 8.6", "no PTX", NO_IMAGE, H100.name):
        assert said in h100.availability.reason
    assert "8.9 or less" in h100.availability.remedy
    assert rtx.availability == AVAILABLE


def test_a_newer_gpu_that_does_run_an_operator_is_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (h100,) = gpus(monkeypatch, [H100], error_of=lambda _: "")
    assert h100.availability == AVAILABLE


def test_an_error_on_a_gpu_that_the_wheel_has_code_for(monkeypatch: pytest.MonkeyPatch) -> None:
    (rtx,) = gpus(monkeypatch, [RTX], error_of=lambda _: "out of memory")
    assert rtx.device == "gpu(1)"
    assert rtx.availability.status is Status.BROKEN
    assert "out of memory" in rtx.availability.reason
    assert "PTX" not in rtx.availability.reason
    assert "nvidia-smi" in rtx.availability.remedy


def test_the_cpu_wheel_beside_a_gpu_is_missing_the_gpu_wheel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    h100, rtx = gpus(monkeypatch, [H100, RTX], wheel=None)
    for report, gpu in ((h100, H100), (rtx, RTX)):
        assert report.availability.status is Status.MISSING
        assert "CPU wheel" in report.availability.reason
        assert gpu.name in report.availability.reason
        assert report.description == gpu.name
    assert ".[cu112]" in rtx.availability.remedy
    # Installing the GPU wheel would not help there, so it is not proposed.
    assert h100.availability.remedy == ""


@pytest.mark.parametrize("wheel", [None, "mxnet-cu112"])
def test_no_driver_is_no_device(monkeypatch: pytest.MonkeyPatch, wheel: str | None) -> None:
    (report,) = gpus(monkeypatch, DriverError("no NVIDIA driver is installed."), wheel=wheel)
    assert report.device == "gpu(0)"
    assert report.availability.status is Status.NO_DEVICE
    assert "no NVIDIA driver" in report.availability.reason


def test_a_driver_without_gpus_is_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    (report,) = gpus(monkeypatch, [])
    assert report.availability.status is Status.NO_DEVICE
    assert "finds no GPU" in report.availability.reason


def test_the_devices_are_asked_for_once() -> None:
    assert devices.reports() is devices.reports()


class FakeMXNetError(Exception):
    pass


def fake_mx(result: Callable[[], Any], asked: list[int]) -> Any:
    class Array:
        def __add__(self, other: object) -> Array:
            return self

        def asnumpy(self) -> Any:
            return result()

    def ones(_shape: tuple[int, ...], ctx: int) -> Array:
        asked.append(ctx)
        return Array()

    return SimpleNamespace(
        gpu=lambda index: index,
        nd=SimpleNamespace(ones=ones),
        base=SimpleNamespace(MXNetError=FakeMXNetError),
    )


def test_a_gpu_that_adds_gives_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(devices, "mx", fake_mx(lambda: np.array([2.0, 2.0]), asked))
    assert devices.try_operator(3) == ""
    assert asked == [3]


def test_a_gpu_that_does_not_add_is_no_gpu_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a kernel that was never launched leaves behind.
    monkeypatch.setattr(devices, "mx", fake_mx(lambda: np.zeros(2), []))
    assert devices.try_operator(0) == "1 + 1 gave [0.0, 0.0]"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Traceback\n  frames\nCUDA: no kernel image\n\n", "CUDA: no kernel image"),
        ("", "failed"),
    ],
)
def test_an_error_is_its_last_line(
    monkeypatch: pytest.MonkeyPatch, message: str, said: str
) -> None:
    def fail() -> Any:
        raise FakeMXNetError(message)

    monkeypatch.setattr(devices, "mx", fake_mx(fail, []))
    assert devices.try_operator(0) == said
