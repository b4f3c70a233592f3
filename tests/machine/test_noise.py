import dataclasses
from pathlib import Path
from typing import Any

import psutil
import pytest
from inline_snapshot import snapshot

from bench.machine import fingerprint, health
from bench.machine.health import NoiseReadings

QUIET = NoiseReadings(
    n_cores=8,
    load_average=0.1,
    memory_total_bytes=16 * 2**30,
    memory_available_bytes=12 * 2**30,
    governors=(("0 1 2 3 4 5 6 7", "performance"),),
    turbo=False,
    turbo_switch="cpufreq/boost",
    smt=False,
    virtualised=False,
    steal_percent=0.0,
)


def warned(**changes: Any) -> dict[str, str]:
    """Messages and remedies of the warnings by code, for readings off the quiet ones."""
    found = health.warnings(dataclasses.replace(QUIET, **changes))
    return {warning.code: f"{warning.message}\n-> {warning.remedy}" for warning in found}


def cpu_folder(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / "sys/devices/system/cpu" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def test_a_quiet_machine_gives_no_warning() -> None:
    assert warned() == {}


def test_what_the_machine_does_not_tell_is_not_held_against_it() -> None:
    assert warned(turbo=None, smt=None, virtualised=None, steal_percent=None) == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"governors": (("0 1", "performance"), ("2 3", "powersave"))}, "governor"),
        ({"governors": None}, "governor-unknown"),
        ({"turbo": True}, "turbo"),
        ({"load_average": 2.01}, "load"),
        ({"quota_cpus": 7.5}, "quota"),
        ({"n_threads": 9}, "threads"),
        ({"steal_percent": 0.51}, "steal"),
        ({"n_cores": 3}, "few-cores"),
        ({"virtualised": True}, "virtualised"),
        ({"smt": True}, "smt"),
        ({"memory_available_bytes": 2**30}, "memory"),
    ],
)
def test_each_trouble_alone_gives_its_one_warning(changes: dict[str, Any], code: str) -> None:
    assert list(warned(**changes)) == [code]


@pytest.mark.parametrize(
    "changes",
    [
        {"load_average": 2.0},
        {"steal_percent": 0.5},
        {"n_cores": 4},
        {"n_threads": 8},
        {"memory_available_bytes": 2 * 2**30},
    ],
)
def test_just_inside_a_limit_is_quiet(changes: dict[str, Any]) -> None:
    assert warned(**changes) == {}


def test_the_turbo_remedy_writes_what_its_switch_needs() -> None:
    intel = warned(turbo=True, turbo_switch="intel_pstate/no_turbo")["turbo"]
    others = warned(turbo=True, turbo_switch="cpufreq/boost")["turbo"]
    assert "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo" in intel
    assert "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost" in others


@pytest.mark.parametrize(("n_cores", "threads"), [(1, 1), (2, 1), (3, 2)])
def test_few_cores_leave_one_to_the_system(n_cores: int, threads: int) -> None:
    assert f"OMP_NUM_THREADS={threads}" in warned(n_cores=n_cores)["few-cores"]


def test_the_text_of_every_warning() -> None:
    everything = warned(
        n_cores=2,
        load_average=3.14,
        memory_available_bytes=2**30,
        swap_used_bytes=3 * 2**29,
        governors=(("0", "powersave"), ("1", "ondemand")),
        turbo=True,
        smt=True,
        virtualised=True,
        steal_percent=2.5,
    )
    unknown = warned(governors=None)
    assert "\n".join([*everything.values(), *unknown.values()]) == snapshot("""\
This is a virtual machine: the clock can't be pinned, neighbours are felt.
-> Compare only what was measured interleaved, or measure on bare metal.
With 2 cores, below 4, the system's own work disturbs what is timed.
-> Close everything else, or leave it a core: export OMP_NUM_THREADS=1
Something else is running: the load is 3.1 on 2 cores.
-> Stop it (it is at the top of: top -o %CPU), or wait a minute and look again.
The host gave 2.5% of this machine's time to others.
-> Wait until it is quiet (the st column of: vmstat 1), or ask for a dedicated host.
The clock's governor is ondemand and powersave on 2 cores: the clock follows the load.
-> sudo cpupower frequency-set -g performance
Turbo is on: the clock depends on how warm the CPU is and how many cores work.
-> echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost
SMT is on: two threads share a core and slow each other down.
-> echo off | sudo tee /sys/devices/system/cpu/smt/control
Memory is nearly full: 1.0 GiB of 16.0 GiB left, 1.5 GiB swapped out.
-> Close what holds it (it is at the top of: top -o %MEM).
The clock's governor can't be read: in a virtual machine the host decides.
-> Where the clock is yours: sudo cpupower frequency-set -g performance\
""")


def test_governors_are_read_for_each_set_of_cores(tmp_path: Path) -> None:
    root = cpu_folder(
        tmp_path,
        {
            "cpufreq/policy0/affected_cpus": "0 1",
            "cpufreq/policy0/scaling_governor": "performance",
            "cpufreq/policy2/affected_cpus": "2",
            "cpufreq/policy2/scaling_governor": "powersave",
        },
    )
    read = health.readings(root, steal_seconds=0.01)
    assert read.governors == (("0 1", "performance"), ("2", "powersave"))


@pytest.mark.parametrize(
    ("files", "turbo"),
    [
        ({"intel_pstate/no_turbo": "0"}, (True, "intel_pstate/no_turbo")),
        ({"intel_pstate/no_turbo": "1"}, (False, "intel_pstate/no_turbo")),
        ({"cpufreq/boost": "1"}, (True, "cpufreq/boost")),
        ({"cpufreq/boost": "0"}, (False, "cpufreq/boost")),
        ({}, (None, "")),
    ],
)
def test_turbo_is_read_from_either_driver(
    tmp_path: Path, files: dict[str, str], turbo: tuple[bool | None, str]
) -> None:
    read = health.readings(cpu_folder(tmp_path, files), steal_seconds=0.01)
    assert (read.turbo, read.turbo_switch) == turbo


@pytest.mark.parametrize(("text", "smt"), [("1", True), ("0", False), ("", None)])
def test_smt_is_read(tmp_path: Path, text: str, smt: bool | None) -> None:
    root = cpu_folder(tmp_path, {"smt/active": text})
    assert health.readings(root, steal_seconds=0.01).smt is smt


def test_a_machine_that_tells_nothing_gives_unknowns(tmp_path: Path) -> None:
    read = health.readings(tmp_path, steal_seconds=0.01)
    assert (read.governors, read.turbo, read.smt, read.virtualised) == (None, None, None, None)


def test_the_real_machine_can_be_read() -> None:
    read = health.readings(steal_seconds=0.01)
    assert read.n_cores >= 1
    assert 0 <= read.memory_available_bytes <= read.memory_total_bytes
    assert all(warning.message and warning.remedy for warning in health.warnings(read))


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({"cpu.max": "50000 100000\n"}, 0.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "150000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1.5),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({}, None),
        ({"proc": "0::/a/b\n", "a/b/cpu.max": "50000 100000\n"}, 0.5),
        ({"proc": "0::/a/b\n", "a/cpu.max": "50000 100000\n", "a/b/cpu.max": "max 1\n"}, 0.5),
        ({"proc": "0::/outside\n", "cpu.max": "50000 100000\n"}, 0.5),
        (
            {
                "proc": "5:memory:/\n4:cpu,cpuacct:/a\n0::/\n",
                "cpu/a/cpu.cfs_quota_us": "50000\n",
                "cpu/a/cpu.cfs_period_us": "100000\n",
            },
            0.5,
        ),
    ],
    ids=[
        *("second version", "without", "first version", "first, without", "no groups"),
        *("of its own", "of a group above", "in a container", "first version, of its own"),
    ],
)
def test_a_quota_of_a_control_group_is_read(
    tmp_path: Path, files: dict[str, str], cpus: float | None
) -> None:
    for name, text in files.items():
        path = tmp_path / ("proc/self/cgroup" if name == "proc" else f"sys/fs/cgroup/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert health.readings(tmp_path, steal_seconds=0.01).quota_cpus == cpus


def test_threads_and_cpus_are_those_of_what_is_measured() -> None:
    told = {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "2", "OMP_PROC_BIND": "true"}
    read = health.readings(steal_seconds=0.01, environment=told, cpus=(0, 1))
    assert (read.n_threads, read.n_cores) == (3, 2)
    assert health.readings(steal_seconds=0.01, environment={}).n_threads == 1


def test_without_the_line_of_the_cpus_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stat").write_text("intr 1 2\n")
    for name in ("meminfo", "loadavg", "vmstat"):
        (tmp_path / name).write_bytes(Path("/proc", name).read_bytes())
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))
    assert health.readings(tmp_path, steal_seconds=0.01).steal_percent is None
    assert fingerprint.volatile()["boot_utc"] is None


def test_before_measuring_only_what_can_be_mended_now_is_said() -> None:
    assert health.before_measuring(QUIET) == []
    busy = dataclasses.replace(
        QUIET, load_average=16.0, quota_cpus=0.5, n_threads=9, virtualised=True, smt=True
    )
    said = health.before_measuring(busy)
    assert len(said) == 3
    assert said[0].startswith("! A quota allows 0.5 of ")
    assert said[1].startswith("! 9 threads are to share 8 CPUs: ")
    assert said[2].startswith("! Something else is running: the load is 16.0 on ")
    assert all(line.endswith(".") for line in said)
