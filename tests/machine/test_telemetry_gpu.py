from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from bench.machine import gpu
from bench.machine.counters import GpuReading
from bench.machine.gpu import GpuReader
from bench.machine.gpu_sharing import ROOT, UVM, Family
from tests.machine.recorded_nvml import (
    CLOCK,
    CONSTANTS,
    LISTED,
    ME,
    MEMORY,
    NOT_FOUND,
    OLD_REASONS,
    QUIET,
    REASONS,
    REFUSED,
    WORKING,
    RecordedNvml,
    RecordedNvmlError,
    processes,
    working,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_all_counters_in_their_units() -> None:
    assert GpuReader("GPU-1", RecordedNvml({REASONS: 0x24})).read() == GpuReading(
        uuid="GPU-1",
        throttle_reasons=0x24,
        power_violation_seconds=3.0,
        thermal_violation_seconds=5.0,
        energy_joules=1234.0,
        temperature_celsius=41,
        sm_clock_mhz=1410,
        memory_clock_mhz=9751,
        sm_clock_set_mhz=1700,
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
    nvml = RecordedNvml.refusing(silent)
    reader = GpuReader("GPU-1", nvml)
    reader.read()
    asked = nvml.asked[silent]
    read = reader.read()
    assert getattr(read, field) is None
    assert read.temperature_celsius == (None if field == "temperature_celsius" else 41)
    assert nvml.asked[silent] == asked


def test_one_clock_that_is_refused_leaves_the_other() -> None:
    nvml = RecordedNvml({CLOCK: {MEMORY: 9751}})
    read = GpuReader("GPU-1", nvml).read()
    assert (read.sm_clock_mhz, read.memory_clock_mhz) == (None, 9751)


def test_an_older_driver_is_asked_for_its_throttle_reasons() -> None:
    nvml = RecordedNvml({REASONS: REFUSED, OLD_REASONS: 0x40})
    assert GpuReader("GPU-1", nvml).read().throttle_reasons == 0x40


@pytest.mark.parametrize(
    ("uuid", "silent"),
    [("GPU-1", "nvmlInit"), ("GPU-2", ""), ("GPU-1", "nvmlDeviceGetHandleByUUID")],
)
def test_without_nvml_or_the_gpu_all_is_unknown(uuid: str, silent: str) -> None:
    assert GpuReader(uuid, RecordedNvml.refusing(silent)).read() == GpuReading(uuid)


def test_nvml_is_loaded_once_and_shut_down_with_the_reader() -> None:
    nvml = RecordedNvml()
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
    nvml = RecordedNvml({LISTED: processes(*pids), WORKING: REFUSED})
    read = GpuReader("GPU-1", nvml, proc=tmp_path).read()
    assert read.foreign_processes == foreign


@pytest.mark.parametrize(
    ("pids", "at_work", "foreign"),
    [
        ((ME, 999_001), RecordedNvmlError(NOT_FOUND), 0),  # it has a context, and is idle
        ((ME, 999_001), working(ME), 0),
        ((ME, 999_001, 999_002), working(ME, 999_002), 1),
        ((999_001, 999_002), working(999_001), 0),  # this one, as the host numbers it
        ((999_001, 999_002), working(999_001, 999_002), 1),
        ((ME, 999_001), REFUSED, 1),  # nobody tells who works
    ],
)
def test_where_it_is_told_those_count_that_work(
    tmp_path: Path, pids: tuple[int, ...], at_work: Any, foreign: int
) -> None:
    nvml = RecordedNvml({LISTED: processes(*pids), WORKING: at_work})
    reader = GpuReader("GPU-1", nvml, proc=tmp_path)
    assert [reader.read().foreign_processes for _ in range(3)] == [foreign] * 3
    if at_work is REFUSED:
        assert nvml.asked[WORKING] == 1


def test_who_works_is_asked_of_the_last_moments(tmp_path: Path) -> None:
    moments: list[float] = []

    def at_work(_gpu: str, since_microseconds: int) -> list[Any]:
        moments.append(since_microseconds / 1e6)
        return working(ME)

    nvml = RecordedNvml({LISTED: processes(ME, 999_001), WORKING: at_work})
    GpuReader("GPU-1", nvml, proc=tmp_path).read()
    (moment,) = moments
    assert time.time() - 60 < moment < time.time()


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
    nvml = RecordedNvml({LISTED: processes(ME, sibling)})
    assert GpuReader("GPU-1", nvml).read().foreign_processes == 0


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
    # The older names stay in the module for older drivers.
    assert {*QUIET, *CONSTANTS} <= set(dir(pynvml))
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
