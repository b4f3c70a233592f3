"""The probe of the MXNet backend runs an operator and believes no wrong result."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import kernels.backends.mxnet as mxnet_backend
from kernels.backends.mxnet import imports
from kernels.contract import AVAILABLE, Status

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeMXNetError(Exception):
    pass


def fake_mx(one_plus_one: Callable[[], list[float]]) -> Any:
    class Array:
        def __add__(self, other: object) -> Array:
            return self

        def asnumpy(self) -> Any:
            return SimpleNamespace(tolist=one_plus_one)

    return SimpleNamespace(
        nd=SimpleNamespace(ones=lambda _shape: Array()),
        base=SimpleNamespace(MXNetError=FakeMXNetError),
    )


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "availability", lambda: AVAILABLE)


@pytest.mark.usefixtures("importable")
def test_a_right_result_is_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mxnet_backend, "mx", fake_mx(lambda: [2.0, 2.0]))
    assert mxnet_backend.BACKEND.probe() == AVAILABLE


@pytest.mark.usefixtures("importable")
def test_a_wrong_result_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mxnet_backend, "mx", fake_mx(lambda: [2.0, 0.0]))
    answer = mxnet_backend.BACKEND.probe()
    assert answer.status is Status.BROKEN
    assert "1 + 1 gave [2.0, 0.0]" in answer.reason


@pytest.mark.usefixtures("importable")
def test_an_operator_that_raises_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[float]:
        raise FakeMXNetError("illegal instruction")

    monkeypatch.setattr(mxnet_backend, "mx", fake_mx(fail))
    answer = mxnet_backend.BACKEND.probe()
    assert answer.status is Status.BROKEN
    assert "illegal instruction" in answer.reason


def test_the_devices_begin_with_the_cpu_and_hold_a_gpu_or_the_reason(mxnet: None) -> None:
    reports = mxnet_backend.BACKEND.devices()
    assert reports[0].device == "cpu(0)"
    assert reports[0].availability == AVAILABLE
    gpus = reports[1:]
    assert gpus
    assert all(report.device.startswith("gpu(") for report in gpus)
    assert all(report.availability or report.availability.reason for report in gpus)


def test_after_draining_a_result_is_there(mxnet: None) -> None:
    backend = mxnet_backend.BACKEND
    array = imports.mx.nd.ones((3,)) * 2
    backend.drain("cpu(0)")
    assert backend.to_numpy(array).tolist() == [2.0, 2.0, 2.0]


def test_draining_waits(monkeypatch: pytest.MonkeyPatch, mxnet: None) -> None:
    waits: list[None] = []
    monkeypatch.setattr(imports.mx.nd, "waitall", lambda: waits.append(None))
    mxnet_backend.BACKEND.drain("cpu(0)")
    assert len(waits) == 1
