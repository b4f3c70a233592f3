from __future__ import annotations

from typing import Any

import pytest

from bench.machine.gpu import gpu_facts, gpu_state
from tests.machine.recorded_nvml import GIB, INSTANCE, RecordedNvml


def test_what_stays_in_its_units() -> None:
    assert gpu_facts("GPU-1", RecordedNvml()) == {
        "driver": "550.54",
        "cuda_driver": "12.4",
        "memory_bytes": 24 * 2**30,
        "power_limit_watts": 350.5,
        "power_limit_default_watts": 400.0,
        "sm_clock_max_mhz": 1980,
        "memory_clock_max_mhz": 10_000,
        "sm_clock_set_mhz": 1700,
        "memory_clock_set_mhz": 9900,
        "ecc": True,
        "mig": False,
        "persistence": True,
        "pcie_generation_max": 5,
        "pcie_width_max": 16,
    }


def test_an_instance_is_asked_first_and_then_its_whole_gpu() -> None:
    facts = gpu_facts("GPU-5", RecordedNvml(INSTANCE))
    assert (facts["memory_bytes"], facts["sm_clock_max_mhz"]) == (10 * GIB, 1980)
    assert facts["mig"] is True


def test_what_changes_by_the_minute_in_its_units() -> None:
    assert gpu_state("GPU-1", RecordedNvml()) == {
        "sm_clock_mhz": 1410,
        "memory_clock_mhz": 9751,
        "temperature_celsius": 41,
        "memory_free_bytes": 20 * 2**30,
        "pcie_generation": 1,
        "pcie_width": 8,
    }


@pytest.mark.parametrize(
    ("uuid", "silent"),
    [("GPU-1", "nvmlInit"), ("GPU-1", "nvmlDeviceGetHandleByUUID"), ("GPU-2", "")],
)
def test_all_is_unknown_without_nvml_or_the_gpu(uuid: str, silent: str) -> None:
    assert gpu_facts(uuid, RecordedNvml.refusing(silent)) == dict.fromkeys(
        gpu_facts("GPU-1", RecordedNvml())
    )
    assert gpu_state(uuid, RecordedNvml.refusing(silent)) == dict.fromkeys(
        gpu_state("GPU-1", RecordedNvml())
    )


@pytest.mark.parametrize(
    ("silent", "unknown"),
    [
        ("nvmlSystemGetDriverVersion", {"driver"}),
        ("nvmlSystemGetCudaDriverVersion", {"cuda_driver"}),
        ("nvmlDeviceGetMemoryInfo", {"memory_bytes"}),
        ("nvmlDeviceGetEnforcedPowerLimit", {"power_limit_watts"}),
        ("nvmlDeviceGetPowerManagementDefaultLimit", {"power_limit_default_watts"}),
        ("nvmlDeviceGetMaxClockInfo", {"sm_clock_max_mhz", "memory_clock_max_mhz"}),
        ("nvmlDeviceGetApplicationsClock", {"sm_clock_set_mhz", "memory_clock_set_mhz"}),
        ("nvmlDeviceGetEccMode", {"ecc"}),
        ("nvmlDeviceGetMigMode", {"mig"}),
        ("nvmlDeviceGetPersistenceMode", {"persistence"}),
        ("nvmlDeviceGetMaxPcieLinkGeneration", {"pcie_generation_max"}),
        ("nvmlDeviceGetMaxPcieLinkWidth", {"pcie_width_max"}),
    ],
)
def test_a_question_without_answer_leaves_the_others(silent: str, unknown: set[str]) -> None:
    facts = gpu_facts("GPU-1", RecordedNvml.refusing(silent))
    assert {name for name, value in facts.items() if value is None} == unknown


@pytest.mark.parametrize(
    ("silent", "unknown"),
    [
        ("nvmlDeviceGetMemoryInfo", {"memory_free_bytes"}),
        ("nvmlDeviceGetClockInfo", {"sm_clock_mhz", "memory_clock_mhz"}),
        ("nvmlDeviceGetTemperature", {"temperature_celsius"}),
        ("nvmlDeviceGetCurrPcieLinkGeneration", {"pcie_generation"}),
        ("nvmlDeviceGetCurrPcieLinkWidth", {"pcie_width"}),
    ],
)
def test_of_this_moment_too(silent: str, unknown: set[str]) -> None:
    state = gpu_state("GPU-1", RecordedNvml.refusing(silent))
    assert {name for name, value in state.items() if value is None} == unknown


@pytest.mark.parametrize("ask", [gpu_facts, gpu_state])
@pytest.mark.parametrize("uuid", ["GPU-1", "GPU-2"])
def test_nvml_is_shut_down_again(ask: Any, uuid: str) -> None:
    nvml = RecordedNvml()
    ask(uuid, nvml)
    assert (nvml.asked["nvmlInit"], nvml.n_open) == (1, 0)


def test_a_real_gpu_is_described() -> None:
    pynvml = pytest.importorskip("pynvml")
    try:
        pynvml.nvmlInit()
        uuid = pynvml.nvmlDeviceGetUUID(pynvml.nvmlDeviceGetHandleByIndex(0))
    except pynvml.NVMLError as error:
        pytest.skip(f"no GPU that NVML knows: {error}")
    assert gpu_facts(uuid)["driver"]
    assert gpu_facts(uuid) == gpu_facts(uuid)
    assert gpu_state(uuid)["temperature_celsius"] is not None
