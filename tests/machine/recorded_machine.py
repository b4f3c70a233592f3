"""A machine as its files and NVML describe it, recorded once; a test may change either."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from bench.machine.processor import Machine
from kernels.backends.cuda_driver import CudaDevice, DriverError

if TYPE_CHECKING:
    from pathlib import Path

CPUINFO = """\
processor\t: 0
model name\t: Example  CPU  @ 3 GHz
microcode\t: 0x1000065
cpu MHz\t\t: {mhz}
flags\t\t: fpu sse2 {flags}

processor\t: 1
model name\t: Another CPU
"""
GPU = CudaDevice(index=0, name="Example GPU", uuid="GPU-1", compute_capability=(8, 6))
FACTS = {
    "driver": "550.54",
    "cuda_driver": "12.4",
    "memory_bytes": 24 * 2**30,
    "power_limit_watts": 350.0,
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
STATE = {
    "sm_clock_mhz": 1410,
    "memory_clock_mhz": 9751,
    "temperature_celsius": 41,
    "memory_free_bytes": 20 * 2**30,
    "pcie_generation": 5,
    "pcie_width": 16,
}
#: What stays, below the machine's root: two cores that share a clock and their last cache.
CPU = "sys/devices/system/cpu"
SETTINGS = {
    f"{CPU}/smt/active": "0",
    f"{CPU}/cpufreq/boost": "1",
    f"{CPU}/cpufreq/policy0/affected_cpus": "0 1",
    f"{CPU}/cpufreq/policy0/scaling_governor": "performance",
    f"{CPU}/cpufreq/policy0/scaling_driver": "acpi-cpufreq",
    **{
        f"{CPU}/cpu{cpu}/cache/index{index}/{name}": text
        for cpu in (0, 1)
        for index, cache in enumerate(
            (("1", "Data", "48K", f"{cpu}"), ("3", "Unified", "32M", "0-1"))
        )
        for name, text in zip(("level", "type", "size", "shared_cpu_list"), cache, strict=True)
    },
    "sys/devices/system/node/node0/cpulist": "0-1",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
}


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
    write(root, {"proc/cpuinfo": CPUINFO.format(mhz=mhz, flags=flags), **SETTINGS})
    return Machine(
        root=root,
        gpus=lambda: [GPU],
        memory=lambda: SimpleNamespace(total=total, available=available),
        cpus=lambda: (0, 1),
    )


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")


class Nvml:
    """What NVML says about the GPUs; a test may change it."""

    def __init__(self) -> None:
        self.facts = {"GPU-1": FACTS, "GPU-2": dict.fromkeys(FACTS)}
        self.state = {"GPU-1": STATE, "GPU-2": dict.fromkeys(STATE)}
