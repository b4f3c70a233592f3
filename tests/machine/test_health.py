import json
from typing import Any

import pytest

from bench.machine import health
from kernels.backends.mxnet.devices import WHEEL_HOLDS
from kernels.contract import AVAILABLE, Availability, DeviceReport, Status

MISSING = Availability(Status.MISSING, "example is not installed.", "pip install example.")
BROKEN = Availability(Status.BROKEN, "one operator gave 'no kernel image'.", "Use another GPU.")


class FakeBackend:
    """A backend of which only the probing half is ever called."""

    loaders = ()
    held_code: tuple[tuple[int, int], ...] | None = None

    def __init__(self, name: str, answer: Availability, *devices: DeviceReport) -> None:
        self.name = name
        self.answer = answer
        self.reports = devices

    def probe(self) -> Availability:
        return self.answer

    def devices(self) -> tuple[DeviceReport, ...]:
        return self.reports

    def versions(self) -> dict[str, str]:
        assert self.answer, "versions can't be asked of a backend that can't be imported"
        return {self.name: "1.0"}


def examine(monkeypatch: pytest.MonkeyPatch, *backends: Any) -> dict[str, Any]:
    machine = {
        "gpus": [{"index": 0, "compute_capability": "9.0"}],
        "python": "3.11.7",
        "numpy": "1.26.4",
        "threads": {"settings": {}, "pools": {}},
    }
    monkeypatch.setattr(health, "fingerprint", lambda: machine)
    return health.examine({backend.name: backend for backend in backends})


def test_an_available_device_can_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = FakeBackend("mxnet", AVAILABLE, DeviceReport("cpu(0)", AVAILABLE, "Example CPU"))
    found = examine(monkeypatch, backend)
    assert found["can_measure"] is True
    assert found["backends"][0]["versions"] == {"mxnet": "1.0"}
    assert found["devices"] == [
        {
            "backend": "mxnet",
            "device": "cpu(0)",
            "status": "available",
            "reason": "",
            "remedy": "",
            "description": "Example CPU",
            "compute_capability": None,
            "wheel_holds": None,
        }
    ]


def test_a_gpu_comes_with_its_capability_and_what_the_wheel_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = FakeBackend("example", AVAILABLE, DeviceReport("gpu(0)", BROKEN, "H"))
    backend.held_code = WHEEL_HOLDS
    found = examine(monkeypatch, backend)
    (device,) = found["devices"]
    assert (device["status"], device["remedy"]) == ("broken", "Use another GPU.")
    assert device["compute_capability"] == "9.0"
    assert device["wheel_holds"] == ["5.0", "6.0", "7.0", "8.0", "8.6"]
    assert found["can_measure"] is False


@pytest.mark.parametrize(
    ("mode", "codes"), [("exclusive process", ["gpu-exclusive"]), ("default", []), (None, [])]
)
def test_a_gpu_that_takes_one_process_at_a_time_is_told(
    mode: str | None, codes: list[str]
) -> None:
    gpu = {"index": 1, "uuid": "GPU-1", "compute_mode": mode}
    found = list(health._exclusive([gpu]))
    assert [one.code for one in found] == codes
    for one in found:
        assert one.message.startswith("gpu(1) takes one process at a time: `ab`")
        assert one.remedy == "sudo nvidia-smi -i GPU-1 -c DEFAULT."


def test_a_missing_backend_is_listed_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    found = examine(
        monkeypatch, FakeBackend("example", MISSING, DeviceReport("cpu(0)", MISSING))
    )
    assert found["can_measure"] is False
    assert found["backends"] == [
        {
            "backend": "example",
            "status": "missing",
            "reason": "example is not installed.",
            "remedy": "pip install example.",
            "versions": {},
        }
    ]


def test_the_real_report_can_be_written_as_json() -> None:
    found = health.examine()
    assert json.loads(json.dumps(found)) == found
