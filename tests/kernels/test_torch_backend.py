"""PyTorch as a backend: its devices and why not, its loaders, its optimizers' rates."""

from __future__ import annotations

import importlib.util
from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kernels import backends, tf32
from kernels.backends import cuda_driver
from kernels.backends.cuda_driver import CudaDevice
from kernels.backends.torch import devices
from kernels.backends.torch.imports import torch
from kernels.contract import AVAILABLE, Start, Status
from kernels.controls import SIZES
from kernels.registry import discover
from tests.kernels.judging import judge_in_this_process

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload
    from kernels.contract import DeviceReport, Order

pytestmark = pytest.mark.peer
BACKEND = backends.get("torch")
#: A GPU that no machine has, so that no test depends on the one that it runs on.
GPU = CudaDevice(index=99, name="NVIDIA Test", uuid="GPU-0", compute_capability=(9, 0))
START = Start(weight=np.zeros(4, dtype=np.float32), bias=0.25)


@pytest.fixture(autouse=True)
def torch_is_here(request: pytest.FixtureRequest) -> None:
    answer = BACKEND.probe()
    if not answer and "missing" not in request.node.name:
        pytest.skip(str(answer))


def listed(monkeypatch: pytest.MonkeyPatch, gpus: list[CudaDevice]) -> tuple[DeviceReport, ...]:
    """List the devices on a machine with these GPUs."""
    monkeypatch.setattr(cuda_driver, "devices", lambda: gpus)
    judge_in_this_process(monkeypatch)
    reports: tuple[DeviceReport, ...] = devices.reports.__wrapped__()
    return reports


def test_missing_it_says_which_extra_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    reports = BACKEND.devices()
    assert [report.device for report in reports] == ["cpu(0)", "gpu(0)"]
    for report in reports:
        assert report.availability.status is Status.MISSING
        assert "PyTorch is not installed" in report.availability.reason
        assert "[torch]" in report.availability.remedy


def test_without_a_gpu_cuda_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(torch.cuda, "_lazy_init", refuse)
    cpu, gpu = listed(monkeypatch, [])
    assert (cpu.device, cpu.availability) == ("cpu(0)", AVAILABLE)
    assert (gpu.device, gpu.availability.status) == ("gpu(0)", Status.NO_DEVICE)


def test_a_cpu_build_is_told_where_there_is_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    _, gpu = listed(monkeypatch, [GPU])
    assert (gpu.device, gpu.description) == ("gpu(99)", "NVIDIA Test")
    assert gpu.availability.status is Status.MISSING
    assert "CPU build" in gpu.availability.reason
    assert gpu.availability.remedy


def test_a_gpu_that_gives_an_error_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    _, gpu = listed(monkeypatch, [GPU])
    assert gpu.availability.status is Status.BROKEN
    for said in ("NVIDIA Test", "9.0", "CUDA 12.8", "gave"):
        assert said in gpu.availability.reason


def test_a_gpu_that_gives_a_wrong_result_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setattr(devices, "named", lambda device: torch.device("cpu"))
    assert listed(monkeypatch, [GPU])[1].availability == AVAILABLE
    monkeypatch.setattr(devices, "torch", FakeTorch())
    _, gpu = listed(monkeypatch, [GPU])
    assert gpu.availability.status is Status.BROKEN
    assert "1 + 1 gave" in gpu.availability.reason


class FakeTorch:
    """Says that a tensor of ones is one of zeros."""

    def __init__(self) -> None:
        self.version = torch.version

    def ones(self, n: int, device: object) -> Any:
        return torch.zeros(n)


def test_products_are_of_full_precision_and_it_says_so() -> None:
    torch.set_float32_matmul_precision("high")  # as NVIDIA's containers do
    BACKEND.probe()
    versions = BACKEND.versions()
    assert versions["torch"] == str(torch.__version__)
    assert versions["torch_float32_matmul"] == "highest"
    assert all(isinstance(value, str) and value for value in versions.values())


def test_on_gpus_alone_it_takes_tf32_where_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(tf32.OVERRIDE, "1")
    BACKEND.probe()
    assert torch.backends.cuda.matmul.allow_tf32
    assert BACKEND.versions()["torch_float32_matmul"] == "high"
    if hasattr(torch.backends.mkldnn, "matmul"):
        assert torch.backends.mkldnn.matmul.fp32_precision == "ieee"
    monkeypatch.setenv(tf32.OVERRIDE, "0")
    BACKEND.probe()
    assert not torch.backends.cuda.matmul.allow_tf32
    assert BACKEND.versions()["torch_float32_matmul"] == "highest"


@pytest.mark.parametrize("name", SIZES)
def test_every_control_is_right(name: str) -> None:
    control = BACKEND.controls("cpu(0)")[name](SIZES[name][0])
    for _ in range(2):
        control.run()
        assert control.is_right()


def test_the_cpu_has_no_clock_of_its_own() -> None:
    ran: list[int] = []
    assert BACKEND.device_seconds("cpu(0)", lambda: ran.append(1)) is None
    assert not ran


@pytest.mark.parametrize("loader", BACKEND.loaders)
@pytest.mark.parametrize(
    "order",
    [np.arange(23)[::-1], np.array([5]), np.arange(40) * 7 % 23, np.zeros(7, dtype=np.int64)],
    ids=["reversed", "one", "longer", "repeated"],
)
def test_batches_follow_the_order(
    loader: str, order: Order, small_workload: Callable[[str], Workload]
) -> None:
    workload = small_workload("synthetic-23x4")
    batches = BACKEND.batches(loader, workload, "cpu(0)", 5)
    order.setflags(write=False)
    for _ in range(2):
        got = [(BACKEND.to_numpy(X), BACKEND.to_numpy(y)) for X, y in batches(order)]
        full, left = divmod(len(order), 5)
        assert [len(y) for _, y in got] == [5] * full + [left] * (left > 0)
        np.testing.assert_array_equal(
            np.concatenate([X for X, _ in got]), workload.features[order]
        )
        np.testing.assert_array_equal(
            np.concatenate([y for _, y in got]), workload.labels[order]
        )


class CountedSettings(dict[str, Any]):
    """The settings of an optimizer; counts how often one is set."""

    n_set = 0

    def __setitem__(self, key: str, value: Any) -> None:
        self.n_set += 1
        super().__setitem__(key, value)


def test_the_rate_is_set_only_when_it_changes(
    small_workload: Callable[[str], Workload],
) -> None:
    workload, kernel = small_workload("synthetic-23x4"), discover().train["torch.optim"]
    state = kernel.prepare(workload, "cpu(0)", 5, "inmemory", START)
    settings = CountedSettings(state.group)
    state.group = settings
    state.optimizer.param_groups[0] = settings
    kernel.epoch(state, np.arange(23), array("d", [0.1, 0.1, 0.2, 0.2, 0.1]))
    assert settings.n_set == 3
