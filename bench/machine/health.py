"""What can be measured on this machine and how well, and what makes its timings noisy."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.machine import processor, threads
from bench.machine.conditions import why_not_fixed
from bench.machine.fingerprint import fingerprint, fingerprint_id, volatile
from bench.machine.processor import TURBO_SWITCHES, Machine
from bench.machine.rule import RULE
from bench.store.marks import Mark
from kernels.backends import BACKENDS
from kernels.contract import Availability, Backend, DeviceReport

# What makes timings noisy on this machine, and what to do about it.


class NoiseWarning(Mark):
    """One thing that makes timings noisy; the message says what was found."""


@dataclass(frozen=True)
class NoiseReadings:
    """What was read; None is for what the machine does not tell.

    Attributes
    ----------
    n_cores : int
        Those that what is measured may run on.
    load_average : float
        Over the last minute.
    governors : tuple of (str, str), or None
        Cores and their frequency governor, for each set of cores that has one.
    turbo_switch : str
        The file that turns it off, below ``/sys/devices/system/cpu``; empty without one.
    smt : bool or None
        Two hardware threads share a core.
    steal_percent : float or None
        Share of the time that the host gave to others.
    quota_cpus : float or None
        As many CPUs' time a control group allows, such as a container's.
    n_threads : int
        The most that the environment tells any library to make; 1 where it tells none.
    unfixed : str
        Why processes can't be given a layout of memory; empty where they can.
    """

    n_cores: int
    load_average: float
    memory_total_bytes: int
    memory_available_bytes: int
    swap_used_bytes: int = 0
    governors: tuple[tuple[str, str], ...] | None = None
    turbo: bool | None = None
    turbo_switch: str = ""
    smt: bool | None = None
    virtualised: bool | None = None
    steal_percent: float | None = None
    quota_cpus: float | None = None
    n_threads: int = 1
    unfixed: str = ""


def readings(
    root: Path = Path("/"),
    steal_seconds: float = RULE.steal_watch_seconds,
    environment: Mapping[str, str] = os.environ,
    cpus: Sequence[int] = (),
) -> NoiseReadings:
    """Read what the machine tells.

    Parameters
    ----------
    root : Path
        Holds ``sys`` and ``proc``.
    steal_seconds : float
        How long to watch for stolen time.
    environment : mapping of str to str
        Of what is measured.
    cpus : sequence of int
        Those that it is bound to; by default those that this process may run on.
    """
    cpu = root / "sys/devices/system/cpu"
    turbo, turbo_switch = processor.turbo(cpu)
    memory = psutil.virtual_memory()
    return NoiseReadings(
        n_cores=len(cpus) or threads.usable_cores(),
        # Before the steal: watching is work too.
        load_average=psutil.getloadavg()[0],
        memory_total_bytes=memory.total,
        memory_available_bytes=memory.available,
        swap_used_bytes=psutil.swap_memory().used,
        governors=processor.governors(cpu),
        turbo=turbo,
        turbo_switch=turbo_switch,
        smt=processor.smt(cpu),
        virtualised=Machine(root=root).virtualised(),
        steal_percent=_steal_percent(steal_seconds),
        quota_cpus=min(processor.quotas(root).values(), default=None),
        n_threads=threads.most_told(environment),
        unfixed=why_not_fixed(),
    )


def _steal_percent(seconds: float) -> float | None:
    try:
        return getattr(psutil.cpu_times_percent(seconds), "steal", None)
    except (TypeError, OSError):  # /proc/stat has no line of the CPUs, or can't be read
        return None


#: What a run says before it begins: it is there now, and can be mended now.
PASSING = frozenset(("load", "steal", "memory", "quota", "threads"))


def before_measuring(read: NoiseReadings | None = None) -> list[str]:
    """Say what disturbs the machine now, with the remedy."""
    found = warnings(readings() if read is None else read)
    return [f"! {one.message} {one.remedy}" for one in found if one.code in PASSING]


def warnings(read: NoiseReadings) -> list[NoiseWarning]:
    """Say what in the readings makes timings noisy.

    Returns
    -------
    list of NoiseWarning
        Empty on a quiet machine.
    """
    checks = (
        *(_virtualised, _cores, _quota, _threads, _load, _steal, _governor, _turbo_on, _smt),
        *(_memory, _addresses),
    )
    return [found for check in checks for found in check(read)]


def _virtualised(read: NoiseReadings) -> Iterator[NoiseWarning]:
    if read.virtualised:
        yield NoiseWarning(
            "virtualised",
            "This is a virtual machine: the clock can't be pinned, neighbours are felt.",
            "Compare only what was measured interleaved, or measure on bare metal.",
        )


def _cores(read: NoiseReadings) -> Iterator[NoiseWarning]:
    if read.n_cores < RULE.min_cores:
        spare = max(1, read.n_cores - 1)
        cores = "one core" if read.n_cores == 1 else f"{read.n_cores} cores"
        yield NoiseWarning(
            "few-cores",
            f"With {cores}, below {RULE.min_cores}, the system's own work disturbs what is "
            f"timed.",
            f"Close everything else, or leave it a core: export OMP_NUM_THREADS={spare}",
        )


def _quota(read: NoiseReadings) -> Iterator[NoiseWarning]:
    if read.quota_cpus is not None and read.quota_cpus < read.n_cores:
        yield NoiseWarning(
            "quota",
            f"A quota allows {read.quota_cpus:g} of {read.n_cores} CPUs: it stops work in the "
            f"middle of a round.",
            "Raise it (docker run --cpus), or give --threads and --pin fewer CPUs than it has.",
        )


def _threads(read: NoiseReadings) -> Iterator[NoiseWarning]:
    if read.n_threads > read.n_cores:
        yield NoiseWarning(
            "threads",
            f"{read.n_threads} threads are to share {read.n_cores} CPUs: they wait for one "
            f"another in the middle of a round.",
            f"Give --threads {read.n_cores}, or set OMP_NUM_THREADS and its like to that.",
        )


def _load(read: NoiseReadings) -> Iterator[NoiseWarning]:
    if read.load_average > RULE.max_load_per_core * read.n_cores:
        yield NoiseWarning(
            "load",
            f"Something else is running: the load is {read.load_average:.1f} on "
            f"{read.n_cores} cores.",
            "Stop it (it is at the top of: top -o %CPU), or wait a minute and look again.",
        )


def _steal(read: NoiseReadings) -> Iterator[NoiseWarning]:
    if (read.steal_percent or 0.0) > RULE.max_steal_percent:
        yield NoiseWarning(
            "steal",
            f"The host gave {read.steal_percent:.1f}% of this machine's time to others.",
            "Wait until it is quiet (the st column of: vmstat 1), or ask for a dedicated host.",
        )


def _governor(read: NoiseReadings) -> Iterator[NoiseWarning]:
    if read.governors is None:
        yield NoiseWarning(
            "governor-unknown",
            "The clock's governor can't be read: in a virtual machine the host decides.",
            "Where the clock is yours: sudo cpupower frequency-set -g performance",
        )
    slow = [each for each in read.governors or () if each[1] != "performance"]
    if slow:
        n_cores = sum(len(cores.split()) or 1 for cores, _ in slow)
        names = " and ".join(sorted({name for _, name in slow}))
        yield NoiseWarning(
            "governor",
            f"The clock's governor is {names} on {n_cores} cores: the clock follows the load.",
            "sudo cpupower frequency-set -g performance",
        )


def _turbo_on(read: NoiseReadings) -> Iterator[NoiseWarning]:
    if read.turbo:
        off = "1" if TURBO_SWITCHES[read.turbo_switch] == "0" else "0"
        yield NoiseWarning(
            "turbo",
            "Turbo is on: the clock depends on how warm the CPU is and how many cores work.",
            f"echo {off} | sudo tee /sys/devices/system/cpu/{read.turbo_switch}",
        )


def _smt(read: NoiseReadings) -> Iterator[NoiseWarning]:
    if read.smt:
        yield NoiseWarning(
            "smt",
            "SMT is on: two threads share a core and slow each other down.",
            "echo off | sudo tee /sys/devices/system/cpu/smt/control",
        )


def _memory(read: NoiseReadings) -> Iterator[NoiseWarning]:
    left, whole = read.memory_available_bytes, read.memory_total_bytes
    if left < RULE.min_free_memory_share * whole:
        available, total, swapped = (
            f"{size / 2**30:.1f} GiB" for size in (left, whole, read.swap_used_bytes)
        )
        yield NoiseWarning(
            "memory",
            f"Memory is nearly full: {available} of {total} left, {swapped} swapped out.",
            "Close what holds it (it is at the top of: top -o %MEM).",
        )


def _addresses(read: NoiseReadings) -> Iterator[NoiseWarning]:
    if read.unfixed:
        yield NoiseWarning(
            "addresses",
            f"Processes can't be given the same layout of memory ({read.unfixed}): `ab` needs "
            f"more pairs.",
            "In a container: docker run --security-opt seccomp=unconfined.",
        )


# What can be measured on this machine and how well: the data behind ``bench doctor``.


def examine(backends: Mapping[str, Backend] = BACKENDS) -> dict[str, Any]:
    """Look at the backends, their devices and the machine.

    Returns
    -------
    dict
        JSON-ready. ``backends`` and ``devices`` list also those that can't be used, with
        the reason and the remedy; ``noise`` is what makes timings noisy; ``machine`` is
        the fingerprint; ``can_measure`` says whether any device is available.
    """
    # The load is read first: what follows is load too.
    noisy = warnings(readings())
    machine: dict[str, Any] = fingerprint()
    capabilities = {f"gpu({g['index']})": g["compute_capability"] for g in machine["gpus"]}
    devices = [
        _device(backend, report, capabilities)
        for backend in backends.values()
        for report in backend.devices()
    ]
    return {
        "can_measure": any(device["status"] == "available" for device in devices),
        "backends": [_backend(backend) for backend in backends.values()],
        "devices": devices,
        "python": machine["python"],
        "numpy": machine["numpy"],
        "threads": machine["threads"],
        "noise": [asdict(one) for one in (*noisy, *_exclusive(machine["gpus"]))],
        "machine": machine,
        "fingerprint_id": fingerprint_id(machine),
        "volatile": volatile(),
    }


def _exclusive(gpus: Sequence[Mapping[str, Any]]) -> Iterator[NoiseWarning]:
    """Warn of GPUs that let one process in at a time."""
    for gpu in gpus:
        if gpu.get("compute_mode") == "exclusive process":
            yield NoiseWarning(
                "gpu-exclusive",
                f"gpu({gpu['index']}) takes one process at a time: `ab` needs two there.",
                f"sudo nvidia-smi -i {gpu['uuid']} -c DEFAULT.",
            )


def _answer(availability: Availability) -> dict[str, Any]:
    """Write an answer of a probe down."""
    return {**asdict(availability), "status": availability.status.value}


def _backend(backend: Backend) -> dict[str, Any]:
    """Describe a backend; versions only where it can be imported."""
    answer = backend.probe()
    versions = backend.versions() if answer else {}
    return {"backend": backend.name, **_answer(answer), "versions": versions}


def _device(
    backend: Backend, report: DeviceReport, capabilities: Mapping[str, str]
) -> dict[str, Any]:
    """Describe a device; what only a GPU has is None elsewhere."""
    held = backend.held_code if report.device.startswith("gpu") else None
    return {
        "backend": backend.name,
        "device": report.device,
        **_answer(report.availability),
        "description": report.description,
        "compute_capability": capabilities.get(report.device),
        "wheel_holds": held and [f"{major}.{minor}" for major, minor in held],
    }
