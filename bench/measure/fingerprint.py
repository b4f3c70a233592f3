"""What makes two runs comparable, and apart from it what changes by the minute.

``fingerprint`` holds what a time depends on and what stays as it is until someone changes
the machine, its software or its settings. ``volatile`` holds the rest; it explains a time
and must never tell two series apart.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import warnings
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pynvml

from bench.measure import threads
from bench.measure.nvml import GpuDetails, gpu_details
from kernels.backends import BACKENDS, cuda_driver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PRECISION = "float32"
#: Total memory is rounded to this: the kernel keeps a little more or less at each boot.
MEMORY_STEP_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Machine:
    """Where the readings come from; tests put others in their place.

    Attributes
    ----------
    root : Path
        Holds ``proc`` and ``sys``.
    gpus : callable
        Lists the GPUs, or raises DriverError.
    nvml : module
    memory : callable
        Returns an object with ``total`` and ``available``, in bytes.
    """

    root: Path = Path("/")
    gpus: Callable[[], list[cuda_driver.CudaDevice]] = cuda_driver.devices
    nvml: Any = pynvml
    memory: Callable[[], Any] = psutil.virtual_memory

    def cpuinfo(self) -> dict[str, str]:
        """Return what the kernel says about the first core; empty where it says nothing."""
        try:
            first_core, *_ = (self.root / "proc/cpuinfo").read_text().split("\n\n")
        except OSError:
            return {}
        pairs = (line.partition(":") for line in first_core.splitlines())
        return {key.strip(): " ".join(value.split()) for key, _, value in pairs}

    def virtualised(self) -> bool | None:
        """Say whether a hypervisor is below; None where the kernel does not say."""
        flags = self.cpuinfo().get("flags")
        return None if flags is None else "hypervisor" in flags.split()


HERE = Machine()


def fingerprint(machine: Machine = HERE) -> dict[str, object]:
    """Describe what makes two runs comparable.

    Imports the backends, for their versions and so that their threads can be counted.

    Parameters
    ----------
    machine : Machine

    Returns
    -------
    dict
        JSON-ready.
    """
    backends = {name: b.versions() for name, b in sorted(BACKENDS.items()) if b.probe()}
    gpus, gpu_reason = _gpus(machine)
    return {
        **_processor(machine),
        "memory_bytes": round(machine.memory().total / MEMORY_STEP_BYTES) * MEMORY_STEP_BYTES,
        "os": _operating_system(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "backends": backends,
        "threads": {"settings": threads.settings(os.environ), "pools": threads.pools()},
        "precision": PRECISION,
        "gpus": gpus,
        "gpu_reason": gpu_reason,
    }


def fingerprint_id(fp: Mapping[str, object]) -> str:
    """Return a short name of a fingerprint: the same wherever the fingerprint is the same.

    Parameters
    ----------
    fp : mapping
        What ``fingerprint`` returned, or the same read back from a run file.

    Returns
    -------
    str
        The first 12 hexadecimal digits of the SHA-256 of its JSON with sorted keys. The
        sentence that says why there is no GPU is left out: its wording is no fact.
    """
    facts = {key: value for key, value in fp.items() if key != "gpu_reason"}
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def volatile(machine: Machine = HERE) -> dict[str, object]:
    """Read what changes by the minute.

    Parameters
    ----------
    machine : Machine

    Returns
    -------
    dict
        JSON-ready; None for what can't be read.
    """
    gpus, _ = _listed(machine)
    details = [(gpu.index, gpu_details(gpu.uuid, machine.nvml) or GpuDetails()) for gpu in gpus]
    return {
        "utc": _iso(datetime.now(timezone.utc)),
        "boot_utc": _iso(datetime.fromtimestamp(psutil.boot_time(), timezone.utc)),
        "cpu_clock_mhz": _cpu_clock_mhz(),
        "load_average": list(psutil.getloadavg()),
        "temperature_celsius": _temperatures(),
        "memory_available_bytes": machine.memory().available,
        "gpus": [
            {
                "index": index,
                "sm_clock_mhz": now.sm_clock_mhz,
                "memory_clock_mhz": now.memory_clock_mhz,
                "temperature_celsius": now.temperature_celsius,
            }
            for index, now in details
        ],
    }


def _processor(machine: Machine) -> dict[str, object]:
    """Describe the CPU."""
    model = machine.cpuinfo().get("model name") or platform.processor() or platform.machine()
    return {
        "cpu_model": model,
        "cores_physical": psutil.cpu_count(logical=False),
        "cores_logical": psutil.cpu_count(),
        "cores_usable": usable_cores(),
        "virtualised": machine.virtualised(),
    }


def usable_cores() -> int:
    """Count the cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _operating_system() -> str:
    """Name the distribution where there is one."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def _listed(machine: Machine) -> tuple[list[cuda_driver.CudaDevice], str]:
    """List the GPUs, or none and the reason."""
    try:
        found = machine.gpus()
    except cuda_driver.DriverError as error:
        return [], str(error)
    return found, "" if found else "the NVIDIA driver finds no GPU."


def _gpus(machine: Machine) -> tuple[list[dict[str, object]], str]:
    """Describe the GPUs in CUDA's order, or none and the reason."""
    found, reason = _listed(machine)
    described: list[dict[str, object]] = []
    for gpu in found:
        details = gpu_details(gpu.uuid, machine.nvml) or GpuDetails()
        major, minor = gpu.compute_capability
        described.append(
            {
                "index": gpu.index,
                "name": gpu.name,
                "uuid": gpu.uuid,
                "compute_capability": f"{major}.{minor}",
                "driver": details.driver,
                "memory_bytes": details.memory_bytes,
                "power_limit_watts": details.power_limit_watts,
            }
        )
    return described, reason


def _iso(moment: datetime) -> str:
    """Write a moment down to the second."""
    return moment.isoformat(timespec="seconds")


def _cpu_clock_mhz() -> float | None:
    """Return the mean clock of the cores now."""
    try:
        clock = psutil.cpu_freq()
    except (NotImplementedError, OSError):
        return None
    return clock and clock.current


def _temperatures() -> dict[str, float] | None:
    """Return the hottest reading of each sensor."""
    if not hasattr(psutil, "sensors_temperatures"):
        return None
    with warnings.catch_warnings():
        # psutil warns about a sensor that it can't read; that is no news to anyone.
        warnings.simplefilter("ignore", RuntimeWarning)
        sensors = psutil.sensors_temperatures()
    return {name: max(r.current for r in read) for name, read in sensors.items()} or None
