from types import SimpleNamespace
from typing import Any

import pytest

from bench.machine.gpu import gpu_facts, gpu_state

SM, MEMORY = 1, 2


class FakeNvmlError(Exception):
    pass


def fake_nvml(*silent: str) -> SimpleNamespace:
    """Stand in for pynvml with one GPU; the questions in ``silent`` have no answer."""
    answers = {
        "nvmlInit": lambda: None,
        "nvmlSystemGetDriverVersion": lambda: "550.54",
        "nvmlSystemGetCudaDriverVersion": lambda: 12040,
        "nvmlDeviceGetHandleByUUID": {"GPU-1": "the GPU"}.get,
        "nvmlDeviceGetMemoryInfo": lambda _gpu: SimpleNamespace(
            total=24 * 2**30, free=20 * 2**30
        ),
        "nvmlDeviceGetEnforcedPowerLimit": lambda _gpu: 350_500,
        "nvmlDeviceGetPowerManagementDefaultLimit": lambda _gpu: 400_000,
        "nvmlDeviceGetMaxClockInfo": lambda _gpu, kind: {SM: 1980, MEMORY: 10_000}[kind],
        "nvmlDeviceGetApplicationsClock": lambda _gpu, kind: {SM: 1700, MEMORY: 9900}[kind],
        "nvmlDeviceGetEccMode": lambda _gpu: [1, 0],
        "nvmlDeviceGetMigMode": lambda _gpu: [0, 1],
        "nvmlDeviceGetPersistenceMode": lambda _gpu: 1,
        "nvmlDeviceGetMaxPcieLinkGeneration": lambda _gpu: 5,
        "nvmlDeviceGetMaxPcieLinkWidth": lambda _gpu: 16,
        "nvmlDeviceGetClockInfo": lambda _gpu, kind: {SM: 1410, MEMORY: 9751}[kind],
        "nvmlDeviceGetTemperature": lambda _gpu, _sensor: 41,
        "nvmlDeviceGetCurrPcieLinkGeneration": lambda _gpu: 1,
        "nvmlDeviceGetCurrPcieLinkWidth": lambda _gpu: 8,
    }

    def question(name: str) -> Any:
        def ask(*arguments: Any) -> Any:
            answer = answers[name](*arguments)  # type: ignore[operator]
            if name in silent or {"GPU-2", "MIG-2"} & {str(one) for one in arguments}:
                raise FakeNvmlError(name)
            fake.open += name == "nvmlInit"
            return answer

        return ask

    def shut_down() -> None:
        fake.open -= 1

    fake = SimpleNamespace(
        NVMLError=FakeNvmlError,
        NVML_CLOCK_SM=SM,
        NVML_CLOCK_MEM=MEMORY,
        NVML_TEMPERATURE_GPU=0,
        nvmlShutdown=shut_down,
        open=0,
        **{name: question(name) for name in answers},
    )
    return fake


def test_what_stays_in_its_units() -> None:
    assert gpu_facts("GPU-1", fake_nvml()) == {
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
    nvml = fake_nvml()
    whole = "the GPU"

    def handle(uuid: str) -> str:
        if uuid != "MIG-5":
            raise FakeNvmlError
        return "an instance"

    def memory(gpu: str) -> Any:
        return SimpleNamespace(total=10 if gpu == "an instance" else 80, free=5)

    def clock(gpu: str, kind: int) -> int:
        if gpu != whole:
            raise FakeNvmlError
        return {SM: 1980, MEMORY: 10_000}[kind]

    nvml.nvmlDeviceGetHandleByUUID = handle
    nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle = {"an instance": whole}.__getitem__
    nvml.nvmlDeviceGetMemoryInfo, nvml.nvmlDeviceGetMaxClockInfo = memory, clock
    facts = gpu_facts("GPU-5", nvml)
    assert (facts["memory_bytes"], facts["sm_clock_max_mhz"]) == (10, 1980)


def test_what_changes_by_the_minute_in_its_units() -> None:
    assert gpu_state("GPU-1", fake_nvml()) == {
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
    assert gpu_facts(uuid, fake_nvml(silent)) == dict.fromkeys(gpu_facts("GPU-1", fake_nvml()))
    assert gpu_state(uuid, fake_nvml(silent)) == dict.fromkeys(gpu_state("GPU-1", fake_nvml()))


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
    facts = gpu_facts("GPU-1", fake_nvml(silent))
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
    state = gpu_state("GPU-1", fake_nvml(silent))
    assert {name for name, value in state.items() if value is None} == unknown


@pytest.mark.parametrize("ask", [gpu_facts, gpu_state])
@pytest.mark.parametrize("uuid", ["GPU-1", "GPU-2"])
def test_nvml_is_shut_down_again(ask: Any, uuid: str) -> None:
    nvml = fake_nvml()
    ask(uuid, nvml)
    assert nvml.open == 0


def test_the_real_module_has_every_name_that_is_used() -> None:
    pynvml = pytest.importorskip("pynvml")
    used = {name for name in vars(fake_nvml()) if name.lower().startswith("nvml")}
    assert used
    assert used <= set(dir(pynvml))


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
