"""Where kernels that ``mx.rtc`` compiles can run: also where MXNet's own operators can't."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.plan.matrix import runs_on
from kernels.backends import gpus
from kernels.backends.mxnet import devices, rtc
from kernels.contract import AVAILABLE, Availability, DeviceReport, Status
from kernels.registry import discover

if TYPE_CHECKING:
    from collections.abc import Callable

KERNEL = discover().train["nd.cuda_epoch"]
BROKEN = Availability(Status.BROKEN, "it holds no code for this GPU.")
REFUSED = Availability(Status.BROKEN, "mx.rtc gave an error.")
NO_DRIVER = Availability(Status.NO_DEVICE, "no NVIDIA driver is installed.")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set what MXNet's operators and ``mx.rtc`` answer on ``gpu(0)``."""

    def give(operators: Availability, compiled: Availability | None, wheel: str | None) -> None:
        monkeypatch.setattr(devices, "reports", lambda: (DeviceReport("gpu(0)", operators),))
        monkeypatch.setattr(rtc, "gpu_wheel", lambda: wheel)

        def reports(_judge: object) -> list[DeviceReport]:
            assert compiled is not None, "nobody needs to compile"
            return [DeviceReport("gpu(0)", compiled)]

        monkeypatch.setattr(gpus, "reports", reports)
        rtc._reports.cache_clear()

    return give


@pytest.mark.parametrize(
    ("operators", "compiled", "wheel", "expected"),
    [
        (AVAILABLE, None, "mxnet-cu112", AVAILABLE),
        (BROKEN, AVAILABLE, "mxnet-cu112", AVAILABLE),
        (BROKEN, REFUSED, "mxnet-cu112", REFUSED),
        (NO_DRIVER, None, "mxnet-cu112", NO_DRIVER),
        (BROKEN, None, None, BROKEN),
    ],
)
def test_what_is_asked_and_answered(
    answers: Callable[..., None],
    operators: Availability,
    compiled: Availability | None,
    wheel: str | None,
    expected: Availability,
) -> None:
    answers(operators, compiled, wheel)
    assert runs_on(KERNEL, "gpu(0)") == expected


def test_another_gpu_is_not_seen(answers: Callable[..., None]) -> None:
    answers(AVAILABLE, None, "mxnet-cu112")
    assert str(runs_on(KERNEL, "gpu(3)")) == "no device: mxnet sees no gpu(3) here."
