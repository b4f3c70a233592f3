from types import SimpleNamespace
from typing import Any

import pytest

from bench.measure.nvml import GpuDetails, gpu_details


class FakeNvmlError(Exception):
    pass


def fake_nvml(*silent: str) -> SimpleNamespace:
    """Stand in for pynvml with one GPU; the questions in ``silent`` have no answer."""
    answers = {
        "nvmlInit": lambda: None,
        "nvmlSystemGetDriverVersion": lambda: "550.54",
        "nvmlDeviceGetHandleByUUID": {"GPU-1": "the GPU"}.get,
        "nvmlDeviceGetMemoryInfo": lambda _gpu: SimpleNamespace(total=24 * 2**30),
        "nvmlDeviceGetPowerManagementLimit": lambda _gpu: 350_500,
        "nvmlDeviceGetClockInfo": lambda _gpu, kind: {1: 1410, 2: 9751}[kind],
        "nvmlDeviceGetTemperature": lambda _gpu, _sensor: 41,
    }

    def question(name: str) -> Any:
        def ask(*arguments: Any) -> Any:
            answer = answers[name](*arguments)  # type: ignore[operator]
            if name in silent or "GPU-2" in arguments:
                raise FakeNvmlError(name)
            fake.open += name == "nvmlInit"
            return answer

        return ask

    def shut_down() -> None:
        fake.open -= 1

    fake = SimpleNamespace(
        NVMLError=FakeNvmlError,
        NVML_CLOCK_SM=1,
        NVML_CLOCK_MEM=2,
        NVML_TEMPERATURE_GPU=0,
        nvmlShutdown=shut_down,
        open=0,
        **{name: question(name) for name in answers},
    )
    return fake


def test_all_details_in_their_units() -> None:
    assert gpu_details("GPU-1", fake_nvml()) == GpuDetails(
        driver="550.54",
        memory_bytes=24 * 2**30,
        power_limit_watts=350.5,
        sm_clock_mhz=1410,
        memory_clock_mhz=9751,
        temperature_celsius=41,
    )


def test_none_where_nvml_cannot_be_loaded() -> None:
    assert gpu_details("GPU-1", fake_nvml("nvmlInit")) is None


def test_none_for_a_gpu_that_nvml_does_not_know() -> None:
    assert gpu_details("GPU-2", fake_nvml()) is None


@pytest.mark.parametrize(
    ("silent", "field"),
    [
        ("nvmlSystemGetDriverVersion", "driver"),
        ("nvmlDeviceGetMemoryInfo", "memory_bytes"),
        ("nvmlDeviceGetPowerManagementLimit", "power_limit_watts"),
        ("nvmlDeviceGetClockInfo", "sm_clock_mhz"),
        ("nvmlDeviceGetClockInfo", "memory_clock_mhz"),
        ("nvmlDeviceGetTemperature", "temperature_celsius"),
    ],
)
def test_a_question_without_answer_leaves_the_others(silent: str, field: str) -> None:
    details = gpu_details("GPU-1", fake_nvml(silent))
    assert details is not None
    assert getattr(details, field) is None
    assert any(value is not None for value in vars(details).values())


@pytest.mark.parametrize("uuid", ["GPU-1", "GPU-2"])
def test_nvml_is_shut_down_again(uuid: str) -> None:
    nvml = fake_nvml()
    gpu_details(uuid, nvml)
    assert nvml.open == 0


def test_the_real_module_has_every_name_that_is_used() -> None:
    pynvml = pytest.importorskip("pynvml")
    used = {name for name in vars(fake_nvml()) if name.lower().startswith("nvml")}
    assert used
    assert used <= set(dir(pynvml))
