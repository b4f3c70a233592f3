import dataclasses
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.machine import fingerprint as fingerprint_module
from bench.machine import gpu as module
from bench.machine.fingerprint import fingerprint, fingerprint_id, volatile
from bench.machine.processor import Machine
from kernels.tf32 import OVERRIDE as TF32
from tests.machine.recorded_machine import (
    CPU,
    CPUINFO,
    FACTS,
    GPU,
    Nvml,
    machine,
    no_driver,
    write,
)


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Nvml:
    known = Nvml()
    monkeypatch.setattr(module, "gpu_facts", lambda uuid, _nvml: known.facts[uuid])
    monkeypatch.setattr(module, "gpu_state", lambda uuid, _nvml: known.state[uuid])
    return known


@pytest.mark.parametrize(
    "change",
    [
        {"driver": "560.00"},
        {"cuda_driver": "12.6"},
        {"memory_bytes": 2**30},
        {"power_limit_watts": 250.0},
        {"power_limit_default_watts": 250.0},
        {"sm_clock_max_mhz": 1000},
        {"memory_clock_max_mhz": 1000},
        {"sm_clock_set_mhz": 1000},
        {"memory_clock_set_mhz": 1000},
        {"ecc": False},
        {"mig": True},
        {"persistence": False},
        {"pcie_generation_max": 3},
        {"pcie_width_max": 8},
    ],
)
def test_what_a_time_on_a_gpu_depends_on_is_in_it(
    tmp_path: Path, nvml: Nvml, change: dict[str, Any]
) -> None:
    before = fingerprint_id(fingerprint(machine(tmp_path)))
    nvml.facts["GPU-1"] = {**FACTS, **change}
    assert fingerprint_id(fingerprint(machine(tmp_path))) != before


def test_two_gpus_of_one_model_are_told_apart(tmp_path: Path, nvml: Nvml) -> None:
    nvml.facts["GPU-2"] = FACTS
    one = machine(tmp_path)
    twin = dataclasses.replace(one, gpus=lambda: [dataclasses.replace(GPU, uuid="GPU-2")])
    assert fingerprint_id(fingerprint(one)) != fingerprint_id(fingerprint(twin))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (f"{CPU}/smt/active", "1"),
        (f"{CPU}/cpufreq/boost", "0"),
        (f"{CPU}/cpufreq/policy0/scaling_governor", "powersave"),
        (f"{CPU}/cpufreq/policy0/scaling_driver", "amd-pstate"),
        (f"{CPU}/cpu0/cache/index0/size", "32K"),
        (f"{CPU}/cpu0/cache/index1/shared_cpu_list", "0"),
        ("sys/devices/system/node/node1/cpulist", "2-3"),
        ("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never"),
        ("proc/cpuinfo", CPUINFO.format(mhz=3000.0, flags="").replace("0x1000065", "0x2")),
    ],
)
def test_a_setting_of_the_host_is_in_it(
    tmp_path: Path, nvml: Nvml, name: str, text: str
) -> None:
    one = machine(tmp_path)
    before = fingerprint_id(fingerprint(one))
    write(tmp_path, {name: text})
    assert fingerprint_id(fingerprint(one)) != before


def test_a_thread_setting_and_the_affinity_are_in_it(
    tmp_path: Path, nvml: Nvml, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = machine(tmp_path)
    before = fingerprint_id(fingerprint(one))
    other_core = dataclasses.replace(one, cpus=lambda: (0, 2))
    assert fingerprint(other_core)["cores_usable"] == fingerprint(one)["cores_usable"]
    assert fingerprint_id(fingerprint(other_core)) != before
    monkeypatch.setenv("OMP_PROC_BIND", "a setting of its own")
    assert fingerprint_id(fingerprint(one)) != before


def test_the_host_is_described_in_the_fields_words(tmp_path: Path, nvml: Nvml) -> None:
    found = fingerprint(machine(tmp_path))
    expected = {
        "microcode": "0x1000065",
        "smt": False,
        "affinity": "0-1",
        "cores_usable": 2,
        "numa_nodes": {"0": "0-1"},
        "huge_pages": "madvise",
        "clock": {
            "drivers": ["acpi-cpufreq"],
            "governors": {"performance": 1},
            "turbo": True,
        },
        "caches": [
            {"level": 1, "type": "Data", "size_bytes": 48 * 2**10, "shared_by": 1},
            {"level": 3, "type": "Unified", "size_bytes": 32 * 2**20, "shared_by": 2},
        ],
    }
    assert {name: found[name] for name in expected} == expected


def test_a_host_that_tells_nothing_is_described_too(tmp_path: Path) -> None:
    found = fingerprint(Machine(root=tmp_path, gpus=list, cpus=tuple))
    unknown: dict[str, object] = {
        "microcode": None,
        "smt": None,
        "affinity": "",
        "numa_nodes": {},
        "huge_pages": None,
        "clock": {"drivers": [], "governors": {}, "turbo": None},
        "caches": [],
    }
    assert {name: found[name] for name in unknown} == unknown
    assert found["cores_usable"] == psutil.cpu_count()


def test_products_of_ten_bits_are_another_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = dataclasses.replace(machine(tmp_path), gpus=lambda: [GPU])
    without = fingerprint(one)
    monkeypatch.setenv(TF32, "1")
    assert fingerprint(one)["gpus"][0]["tf32"]  # type: ignore[index]
    assert fingerprint_id(without) != fingerprint_id(fingerprint(one))


def test_the_gpus_are_those_of_the_driver_with_nvml_facts(tmp_path: Path, nvml: Nvml) -> None:
    first = dataclasses.replace(GPU, index=0, uuid="GPU-2", compute_capability=(9, 0))
    second = dataclasses.replace(GPU, index=1, facts={"l2_bytes": 6_291_456})
    two = dataclasses.replace(machine(tmp_path), gpus=lambda: [first, second])
    found = fingerprint(two)
    assert found["gpu_reason"] == ""
    assert found["gpus"] == [
        {
            "index": 0,
            "name": "Example GPU",
            "uuid": "GPU-2",
            "compute_capability": "9.0",
            "mps": False,
            "tf32": False,
            **dict.fromkeys(FACTS),
        },
        {
            "index": 1,
            "name": "Example GPU",
            "uuid": "GPU-1",
            "compute_capability": "8.6",
            "l2_bytes": 6_291_456,
            "mps": False,
            "tf32": False,
            **FACTS,
        },
    ]
    assert [gpu["temperature_celsius"] for gpu in volatile(two)["gpus"]] == [None, 41]  # type: ignore[attr-defined]


def test_without_a_driver_there_is_no_gpu_and_a_reason(tmp_path: Path) -> None:
    bare = dataclasses.replace(machine(tmp_path), gpus=no_driver)
    found = fingerprint(bare)
    assert found["gpus"] == []
    assert found["gpu_reason"] == "no NVIDIA driver is installed."
    assert volatile(bare)["gpus"] == []


def test_a_driver_without_gpu_gives_a_reason_too(tmp_path: Path) -> None:
    found = fingerprint(dataclasses.replace(machine(tmp_path), gpus=list))
    assert (found["gpus"], found["gpu_reason"]) == ([], "the NVIDIA driver finds no GPU.")


def test_the_cpu_model_is_that_of_the_first_core_without_double_spaces(
    tmp_path: Path, nvml: Nvml
) -> None:
    assert fingerprint(machine(tmp_path))["cpu_model"] == "Example CPU @ 3 GHz"


@pytest.mark.parametrize(("flags", "expected"), [("hypervisor", True), ("avx2", False)])
def test_virtualised_is_the_hypervisor_flag(tmp_path: Path, flags: str, expected: bool) -> None:
    assert machine(tmp_path, flags=flags).virtualised() is expected


def test_without_cpuinfo_the_model_is_the_platforms_and_virtualised_unknown(
    tmp_path: Path,
) -> None:
    found = fingerprint(Machine(root=tmp_path, gpus=list))
    assert found["cpu_model"]
    assert found["virtualised"] is None


def test_an_arm_cpuinfo_has_no_flags_and_virtualised_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("processor\t: 0\nFeatures\t: fp asimd\n")
    assert Machine(root=tmp_path).virtualised() is None


def test_the_affinity_is_that_before_a_backend_has_bound_this_thread(
    tmp_path: Path, nvml: Nvml, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = [0, 1]

    class Binding:
        def probe(self) -> bool:
            mask[:] = [0]
            return False

    monkeypatch.setattr(fingerprint_module, "BACKENDS", {"example": Binding()})
    bound = dataclasses.replace(machine(tmp_path), cpus=lambda: tuple(mask))
    assert fingerprint(bound)["affinity"] == "0-1"
    assert mask == [0]
