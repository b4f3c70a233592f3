import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measure import fingerprint as module
from bench.measure.fingerprint import (
    MEMORY_STEP_BYTES,
    Machine,
    fingerprint,
    fingerprint_id,
    volatile,
)
from bench.measure.nvml import GpuDetails
from kernels.backends.cuda_driver import CudaDevice, DriverError

CPUINFO = """\
processor\t: 0
model name\t: Example  CPU  @ 3 GHz
cpu MHz\t\t: {mhz}
flags\t\t: fpu sse2 {flags}

processor\t: 1
model name\t: Another CPU
"""
GPU = CudaDevice(index=0, name="Example GPU", uuid="GPU-1", compute_capability=(8, 6))
DETAILS = GpuDetails("550.54", 24 * 2**30, 350.0, 1410, 9751, 41)


def no_driver() -> list[CudaDevice]:
    raise DriverError("no NVIDIA driver is installed.")


def machine(
    root: Path,
    *,
    mhz: float = 3000.0,
    flags: str = "",
    available: int = 2**33,
    total: int = 2**34,
) -> Machine:
    (root / "proc").mkdir(exist_ok=True)
    (root / "proc/cpuinfo").write_text(CPUINFO.format(mhz=mhz, flags=flags))
    return Machine(
        root=root,
        gpus=lambda: [GPU],
        memory=lambda: SimpleNamespace(total=total, available=available),
    )


@pytest.fixture
def details(monkeypatch: pytest.MonkeyPatch) -> dict[str, GpuDetails | None]:
    """What NVML says about each GPU; the test may change it."""
    known: dict[str, GpuDetails | None] = {"GPU-1": DETAILS}
    monkeypatch.setattr(module, "gpu_details", lambda uuid, _nvml: known[uuid])
    return known


def test_two_calls_agree_on_the_real_machine() -> None:
    assert fingerprint() == fingerprint()


def test_both_can_be_written_as_json() -> None:
    for record in (fingerprint(), volatile()):
        assert json.loads(json.dumps(record)) == record


def test_nothing_volatile_is_in_it(
    tmp_path: Path,
    details: dict[str, GpuDetails | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    early = machine(tmp_path, mhz=3000.0)
    before, before_volatile = fingerprint(early), volatile(early)
    details["GPU-1"] = dataclasses.replace(
        DETAILS, sm_clock_mhz=300, memory_clock_mhz=405, temperature_celsius=88
    )
    monkeypatch.setattr(psutil, "cpu_freq", lambda: SimpleNamespace(current=800.0))
    monkeypatch.setattr(psutil, "getloadavg", lambda: (99.0, 98.0, 97.0))
    monkeypatch.setattr(psutil, "boot_time", lambda: 0.0)
    late = machine(tmp_path, mhz=800.0, available=1, total=2**34 + 4096)
    assert fingerprint(late) == before
    changed = {key for key, value in volatile(late).items() if value != before_volatile[key]}
    assert changed >= {
        "boot_utc",
        "cpu_clock_mhz",
        "gpus",
        "load_average",
        "memory_available_bytes",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"driver": "560.00"},
        {"memory_bytes": 2**30},
        {"power_limit_watts": 250.0},
    ],
)
def test_what_a_time_on_a_gpu_depends_on_is_in_it(
    tmp_path: Path, details: dict[str, GpuDetails | None], change: dict[str, Any]
) -> None:
    before = fingerprint_id(fingerprint(machine(tmp_path)))
    details["GPU-1"] = dataclasses.replace(DETAILS, **change)
    assert fingerprint_id(fingerprint(machine(tmp_path))) != before


def test_the_gpus_are_those_of_the_driver_with_nvml_details(
    tmp_path: Path, details: dict[str, GpuDetails | None]
) -> None:
    first = dataclasses.replace(GPU, index=0, uuid="GPU-2", compute_capability=(9, 0))
    second = dataclasses.replace(GPU, index=1)
    details["GPU-2"] = None
    two = dataclasses.replace(machine(tmp_path), gpus=lambda: [first, second])
    found = fingerprint(two)
    assert found["gpu_reason"] == ""
    assert found["gpus"] == [
        {
            "index": 0,
            "name": "Example GPU",
            "uuid": "GPU-2",
            "compute_capability": "9.0",
            "driver": None,
            "memory_bytes": None,
            "power_limit_watts": None,
        },
        {
            "index": 1,
            "name": "Example GPU",
            "uuid": "GPU-1",
            "compute_capability": "8.6",
            "driver": "550.54",
            "memory_bytes": 24 * 2**30,
            "power_limit_watts": 350.0,
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
    tmp_path: Path, details: dict[str, GpuDetails | None]
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


def test_a_boot_that_keeps_a_little_more_memory_changes_nothing(
    tmp_path: Path, details: dict[str, GpuDetails | None]
) -> None:
    sizes = (2**34 - 9 * 2**20, 2**34, 2**34 + 4096)
    found = {fingerprint(machine(tmp_path, total=size))["memory_bytes"] for size in sizes}
    assert found == {2**34}
    more = fingerprint(machine(tmp_path, total=2**34 + MEMORY_STEP_BYTES))
    assert more["memory_bytes"] != 2**34


def test_the_id_is_twelve_hexadecimal_digits_and_moves_with_any_value() -> None:
    # The first 12 digits of: printf '{"a":1}' | sha256sum
    assert fingerprint_id({"a": 1}) == "015abd7f5cc5"
    assert fingerprint_id({"a": 2}) != fingerprint_id({"a": 1})


@given(
    st.dictionaries(
        st.text(),
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    )
)
def test_the_id_survives_the_order_of_keys_and_a_trip_through_json(
    fp: dict[str, object],
) -> None:
    backwards = dict(reversed(fp.items()))
    assert fingerprint_id(backwards) == fingerprint_id(fp)
    assert fingerprint_id(json.loads(json.dumps(fp))) == fingerprint_id(fp)


def test_an_unreadable_clock_and_an_odd_sensor_are_none_not_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> None:
        raise FileNotFoundError

    monkeypatch.setattr(psutil, "cpu_freq", refuse)
    monkeypatch.setattr(psutil, "sensors_temperatures", dict, raising=False)
    found = volatile(Machine(gpus=list))
    assert (found["cpu_clock_mhz"], found["temperature_celsius"]) == (None, None)


def test_the_hottest_reading_of_each_sensor_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = {"coretemp": [SimpleNamespace(current=40.0), SimpleNamespace(current=55.0)]}
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: reads, raising=False)
    assert volatile(Machine(gpus=list))["temperature_celsius"] == {"coretemp": 55.0}
