import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.machine import gpu
from bench.machine.counters import GpuReading
from bench.machine.gpu import GpuReader
from bench.machine.gpu_sharing import ROOT, UVM, Family

ME = os.getpid()
CONSTANTS = {
    "NVML_CLOCK_SM": 1,
    "NVML_CLOCK_MEM": 2,
    "NVML_TEMPERATURE_GPU": 0,
    "NVML_PERF_POLICY_POWER": 0,
    "NVML_PERF_POLICY_THERMAL": 1,
    "NVML_MEMORY_ERROR_TYPE_CORRECTED": 0,
    "NVML_MEMORY_ERROR_TYPE_UNCORRECTED": 1,
    "NVML_VOLATILE_ECC": 0,
    "NVML_ERROR_NOT_FOUND": 6,
}


class FakeNvmlError(Exception):
    def __init__(self, value: object = None) -> None:
        super().__init__(value)
        self.value = value


class FakeNvml(SimpleNamespace):
    """Stand in for pynvml with one GPU; the questions in ``silent`` have no answer."""

    def __init__(
        self,
        *silent: str,
        pids: tuple[int, ...] = (ME,),
        working: tuple[int, ...] | None = None,
    ) -> None:
        self.working = working
        self.NVMLError = FakeNvmlError
        self.silent = silent
        self.asked: Counter[str] = Counter()
        self.answers = {
            "nvmlInit": lambda: None,
            "nvmlShutdown": lambda: None,
            "nvmlDeviceGetHandleByUUID": {"GPU-1": "the GPU"}.__getitem__,
            "nvmlDeviceGetCurrentClocksEventReasons": lambda _gpu: 0x24,
            "nvmlDeviceGetCurrentClocksThrottleReasons": lambda _gpu: 0x40,
            "nvmlDeviceGetViolationStatus": lambda _gpu, policy: SimpleNamespace(
                violationTime={0: 3_000_000_000, 1: 5_000_000_000}[policy]
            ),
            "nvmlDeviceGetTotalEnergyConsumption": lambda _gpu: 1_234_000,
            "nvmlDeviceGetTemperature": lambda _gpu, _sensor: 41,
            "nvmlDeviceGetMaxClockInfo": lambda _gpu, kind: {1: 1980}[kind],
            "nvmlDeviceGetApplicationsClock": lambda _gpu, kind: {1: 1755}[kind],
            "nvmlDeviceGetClockInfo": lambda _gpu, kind: {1: 1410, 2: 9751}[kind],
            "nvmlDeviceGetTotalEccErrors": lambda _gpu, kind, _counter: {0: 7, 1: 2}[kind],
            "nvmlDeviceGetComputeRunningProcesses": lambda _gpu: [
                SimpleNamespace(pid=pid) for pid in pids
            ],
            "nvmlDeviceGetProcessUtilization": self._working,
        }
        questions = {name: self._question(name) for name in self.answers}
        super().__init__(**CONSTANTS, **questions)

    def _working(self, _gpu: str, since: int) -> list[Any]:
        """Name who worked in the last moments; refused where nobody was told of."""
        assert time.time() - 60 < since / 1e6 < time.time()
        if self.working is None:
            raise FakeNvmlError
        if not self.working:
            raise FakeNvmlError(6)
        return [SimpleNamespace(pid=pid, smUtil=9, memUtil=0) for pid in self.working]

    def _question(self, name: str) -> Any:
        def ask(*arguments: Any) -> Any:
            self.asked[name] += 1
            if name in self.silent or {"GPU-2", "MIG-2"} & {str(one) for one in arguments}:
                raise FakeNvmlError(name)
            return self.answers[name](*arguments)  # type: ignore[operator]

        return ask


def test_all_counters_in_their_units() -> None:
    assert GpuReader("GPU-1", FakeNvml()).read() == GpuReading(
        uuid="GPU-1",
        throttle_reasons=0x24,
        power_violation_seconds=3.0,
        thermal_violation_seconds=5.0,
        energy_joules=1234.0,
        temperature_celsius=41,
        sm_clock_mhz=1410,
        memory_clock_mhz=9751,
        sm_clock_set_mhz=1755,
        ecc_corrected=7,
        ecc_uncorrected=2,
        foreign_processes=0,
    )


@pytest.mark.parametrize(
    ("silent", "field"),
    [
        ("nvmlDeviceGetViolationStatus", "power_violation_seconds"),
        ("nvmlDeviceGetTotalEnergyConsumption", "energy_joules"),
        ("nvmlDeviceGetTemperature", "temperature_celsius"),
        ("nvmlDeviceGetClockInfo", "sm_clock_mhz"),
        ("nvmlDeviceGetTotalEccErrors", "ecc_corrected"),
        ("nvmlDeviceGetComputeRunningProcesses", "foreign_processes"),
    ],
)
def test_a_question_that_was_refused_is_unknown_and_not_asked_again(
    silent: str, field: str
) -> None:
    nvml = FakeNvml(silent)
    reader = GpuReader("GPU-1", nvml)
    reader.read()
    asked = nvml.asked[silent]
    read = reader.read()
    assert getattr(read, field) is None
    assert read.throttle_reasons == 0x24
    assert nvml.asked[silent] == asked


def test_one_clock_that_is_refused_leaves_the_other() -> None:
    nvml = FakeNvml()

    def only_memory(_gpu: str, kind: int) -> int:
        if kind == CONSTANTS["NVML_CLOCK_SM"]:
            raise FakeNvmlError
        return 9751

    nvml.answers["nvmlDeviceGetClockInfo"] = only_memory
    read = GpuReader("GPU-1", nvml).read()
    assert (read.sm_clock_mhz, read.memory_clock_mhz) == (None, 9751)


def test_an_older_driver_is_asked_for_its_throttle_reasons() -> None:
    nvml = FakeNvml("nvmlDeviceGetCurrentClocksEventReasons")
    assert GpuReader("GPU-1", nvml).read().throttle_reasons == 0x40


@pytest.mark.parametrize(
    ("uuid", "silent"),
    [("GPU-1", "nvmlInit"), ("GPU-2", ""), ("GPU-1", "nvmlDeviceGetHandleByUUID")],
)
def test_without_nvml_or_the_gpu_all_is_unknown(uuid: str, silent: str) -> None:
    assert GpuReader(uuid, FakeNvml(silent)).read() == GpuReading(uuid)


def test_nvml_is_loaded_once_and_shut_down_with_the_reader() -> None:
    nvml = FakeNvml()
    reader = GpuReader("GPU-1", nvml)
    reader.read()
    reader.read()
    assert (nvml.asked["nvmlInit"], nvml.asked["nvmlShutdown"]) == (1, 0)
    del reader
    assert nvml.asked["nvmlShutdown"] == 1


@pytest.mark.parametrize(
    ("pids", "found_here", "foreign"),
    [
        ((), (), 0),
        ((ME,), (), 0),
        ((os.getppid(), ME), (), 0),  # who started this process waits for it
        ((ME, 999_001), (), 1),
        ((ME, 999_001, 999_002), (999_001,), 2),
        ((999_001,), (), 0),  # this one, as the host numbers it
        ((999_001, 999_002), (), 1),
        ((999_001,), (999_001,), 1),  # here, and not this one
    ],
)
def test_other_processes_are_counted_in_a_container_too(
    tmp_path: Path, pids: tuple[int, ...], found_here: tuple[int, ...], foreign: int
) -> None:
    for pid in found_here:
        (tmp_path / f"{pid}").mkdir()
    read = GpuReader("GPU-1", FakeNvml(pids=pids), proc=tmp_path).read()
    assert read.foreign_processes == foreign


@pytest.mark.parametrize(
    ("pids", "working", "foreign"),
    [
        ((ME, 999_001), (), 0),  # it has a context, and is idle
        ((ME, 999_001), (ME,), 0),
        ((ME, 999_001, 999_002), (ME, 999_002), 1),
        ((999_001, 999_002), (999_001,), 0),  # this one, as the host numbers it
        ((999_001, 999_002), (999_001, 999_002), 1),
        ((ME, 999_001), None, 1),  # nobody tells who works
    ],
)
def test_where_it_is_told_those_count_that_work(
    tmp_path: Path, pids: tuple[int, ...], working: tuple[int, ...] | None, foreign: int
) -> None:
    nvml = FakeNvml(pids=pids, working=working)
    reader = GpuReader("GPU-1", nvml, proc=tmp_path)
    assert [reader.read().foreign_processes for _ in range(3)] == [foreign] * 3
    if working is None:
        assert nvml.asked["nvmlDeviceGetProcessUtilization"] == 1


@pytest.fixture
def sibling() -> Iterator[int]:
    """Start a process, and from it a second; the number of the second."""
    program = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\n"
        "input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        yield int(parent.stdout.readline())
        parent.communicate("\n")


def test_what_the_same_measurement_has_started_is_not_foreign(
    monkeypatch: pytest.MonkeyPatch, sibling: int
) -> None:
    monkeypatch.setenv(ROOT, f"{ME}")
    assert GpuReader("GPU-1", FakeNvml(pids=(ME, sibling))).read().foreign_processes == 0


@pytest.mark.parametrize("root", ["", "x", "999001"])
def test_a_number_that_was_left_behind_is_no_root(
    monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    monkeypatch.setenv(ROOT, root)
    assert ME in Family().pids()
    assert os.getppid() in Family().pids()


def test_as_many_hidden_ones_are_excused_as_have_started_cuda(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sibling: int
) -> None:
    monkeypatch.setenv(ROOT, f"{ME}")
    hidden = (999_001, 999_002, 999_003)
    assert Family(tmp_path).others(hidden) == (set(), {*hidden}, 1)
    for pid in (ME, sibling):
        opened = tmp_path / f"{pid}" / "fd"
        opened.mkdir(parents=True)
        (opened / "7").symlink_to(UVM)
    assert Family(tmp_path).others(hidden) == (set(), {*hidden}, 2)


def test_the_real_module_has_every_name_and_number_that_is_used() -> None:
    pynvml = pytest.importorskip("pynvml")
    nvml = FakeNvml()
    # The older names stay in the module for older drivers.
    assert {*nvml.answers, *CONSTANTS} <= set(dir(pynvml))
    assert {name: getattr(pynvml, name) for name in CONSTANTS} == CONSTANTS
    for ours, theirs in {
        "IDLE": "GpuIdle",
        "APPLICATION_CLOCKS": "ApplicationsClocksSetting",
        "POWER_CAP": "SwPowerCap",
        "HARDWARE_SLOWDOWN": "HwSlowdown",
        "SYNC_BOOST": "SyncBoost",
        "THERMAL_SLOWDOWN": "SwThermalSlowdown",
        "HARDWARE_THERMAL_SLOWDOWN": "HwThermalSlowdown",
        "POWER_BRAKE": "HwPowerBrakeSlowdown",
        "DISPLAY_CLOCKS": "DisplayClockSetting",
    }.items():
        number = getattr(pynvml, f"nvmlClocksThrottleReason{theirs}")
        assert gpu.Reason[ours] == number, ours


def test_reasons_are_named_and_unknown_ones_numbered() -> None:
    assert gpu.reason_names(0x1 | 0x40 | 0x1000) == [
        "idle",
        "hardware thermal slowdown",
        "0x1000",
    ]
    assert gpu.reason_names(0) == []


def test_a_real_gpu_is_read() -> None:
    pynvml = pytest.importorskip("pynvml")
    try:
        pynvml.nvmlInit()
        uuid = pynvml.nvmlDeviceGetUUID(pynvml.nvmlDeviceGetHandleByIndex(0))
    except pynvml.NVMLError as error:
        pytest.skip(f"no GPU that NVML knows: {error}")
    reader = GpuReader(uuid)
    before, after = reader.read(), reader.read()
    assert after.throttle_reasons is not None
    assert after.sm_clock_mhz
    assert (after.energy_joules or 0) >= (before.energy_joules or 0)
