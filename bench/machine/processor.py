"""What the CPU is, and how it is set: what stays until someone changes it."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pynvml

from bench.machine import threads
from kernels.backends import cuda_driver

# Where a machine is read from.


@dataclass(frozen=True)
class Machine:
    """Where the readings come from; tests put others in their place.

    Attributes
    ----------
    root : Path
        Holds ``proc`` and ``sys``.
    gpus : callable
        Lists the GPUs, or raises DriverError.
    memory : callable
        Returns an object with ``total`` and ``available``, in bytes.
    cpus : callable
        Lists those that this process may run on; none where the system does not tell.
    """

    root: Path = Path("/")
    gpus: Callable[[], list[cuda_driver.CudaDevice]] = cuda_driver.devices
    nvml: Any = pynvml
    memory: Callable[[], Any] = psutil.virtual_memory
    cpus: Callable[[], tuple[int, ...]] = threads.usable_cpus

    def cpuinfo(self) -> dict[str, str]:
        """Return what the kernel says about the first core; empty where it says nothing."""
        first_core, *_ = text(self.root / "proc/cpuinfo").split("\n\n")
        pairs = (line.partition(":") for line in first_core.splitlines())
        return {key.strip(): " ".join(value.split()) for key, _, value in pairs}

    def virtualised(self) -> bool | None:
        """Say whether a hypervisor is below; None where the kernel does not say."""
        flags = self.cpuinfo().get("flags")
        return None if flags is None else "hypervisor" in flags.split()


HERE = Machine()

# The small files in which the kernel says how a machine is set.


BINARY_PREFIXES = {"K": 2**10, "M": 2**20, "G": 2**30}


def text(path: Path) -> str:
    """Return what a file holds.

    Returns
    -------
    str
        Without blanks around it; empty where it can't be read.
    """
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def quotas(root: Path) -> dict[Path, float]:
    """Find the control groups of this process that limit its CPU time.

    A limit of any group above its own holds too. A container may see its own group as the
    outermost, and still be told its name outside.

    Parameters
    ----------
    root : Path
        Holds ``sys`` and ``proc``.

    Returns
    -------
    dict of Path to float
        To the folder of each, as many CPUs' time as it allows.
    """
    found = {}
    for line in (text(root / "proc/self/cgroup") or "0::/\n1:cpu:/").splitlines():
        _, controllers, name = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):  # the second version has none
            continue
        outermost = root / "sys/fs/cgroup" / ("cpu" if controllers else "")
        own = outermost / name.lstrip("/")
        for group in (own, *own.parents):
            first = (text(group / f"cpu.cfs_{one}_us") for one in ("quota", "period"))
            allowed = (text(group / "cpu.max") or " ".join(first)).split()
            if len(allowed) == 2 and all(map(str.isdigit, allowed)):  # "max", or -1
                found[group] = int(allowed[0]) / int(allowed[1])
            if group == outermost:
                break
    return found


def size_bytes(written: str) -> int | None:
    """Read a size as the kernel writes it.

    Parameters
    ----------
    written : str
        ``48K``.

    Returns
    -------
    int or None
        None for what is no size.
    """
    digits = written.rstrip("KMG")
    factor = BINARY_PREFIXES.get(written[len(digits) :], 1)
    return int(digits) * factor if digits.isdecimal() else None


def n_listed(written: str) -> int:
    """Count the members of a list as the kernel writes it.

    Parameters
    ----------
    written : str
        ``0-3,8``.
    """
    ranges = (part.partition("-") for part in written.split(",") if part)
    return sum(int(last or first) - int(first) + 1 for first, _, last in ranges)


def listed(members: Iterable[int]) -> str:
    """Write a list as the kernel does.

    Parameters
    ----------
    members : iterable of int
        In ascending order.

    Returns
    -------
    str
        ``0-3,8``; empty for none.
    """
    ranges: list[list[int]] = []
    for member in members:
        if ranges and member == ranges[-1][1] + 1:
            ranges[-1][1] = member
        else:
            ranges.append([member, member])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in ranges)


# The CPU frequency: who sets it, and how far it may rise (the kernel's ``cpufreq``).


#: The switch of each driver below ``sys/devices/system/cpu``, and what it holds for "on".
TURBO_SWITCHES = {"intel_pstate/no_turbo": "0", "cpufreq/boost": "1"}


def governors(cpu: Path) -> tuple[tuple[str, str], ...] | None:
    """Read the governor of each set of cores that share a clock.

    Parameters
    ----------
    cpu : Path
        ``/sys/devices/system/cpu``.

    Returns
    -------
    tuple of (str, str), or None
        Cores and their governor; None where there is no governor.
    """
    found = [
        (text(policy / "affected_cpus"), text(policy / "scaling_governor"))
        for policy in _policies(cpu)
    ]
    return tuple(pair for pair in found if pair[1]) or None


def drivers(cpu: Path) -> list[str]:
    """Read which drivers set the clocks.

    Returns
    -------
    list of str
        As a rule one; none where the clock is not the kernel's to set.
    """
    return sorted({text(policy / "scaling_driver") for policy in _policies(cpu)} - {""})


def turbo(cpu: Path) -> tuple[bool | None, str]:
    """Read whether the clock may rise above its nominal value, and where to forbid it.

    Returns
    -------
    switch : str
        The file that turns it off, below ``cpu``; empty without one.
    """
    for switch, on in TURBO_SWITCHES.items():
        if value := text(cpu / switch):
            return value == on, switch
    return None, ""


def _policies(cpu: Path) -> list[Path]:
    """List the sets of cores that share a clock."""
    return sorted((cpu / "cpufreq").glob("policy*"))


# The CPU as a whole.


def processor(machine: Machine) -> dict[str, object]:
    """Describe the CPU.

    Ask before a backend is imported: see ``bench.machine.threads``.

    Returns
    -------
    dict
        JSON-ready; None, or nothing in a list, for what the machine does not tell. A
        machine of several kinds of core is named by its first one.
    """
    cpu = machine.root / "sys/devices/system/cpu"
    cpuinfo = machine.cpuinfo()
    usable = machine.cpus()
    return {
        "cpu_model": cpuinfo.get("model name") or platform.processor() or platform.machine(),
        "microcode": cpuinfo.get("microcode"),
        "cores_physical": psutil.cpu_count(logical=False),
        "cores_logical": psutil.cpu_count(),
        "cores_usable": len(usable) or psutil.cpu_count() or 1,
        "affinity": listed(usable),
        "virtualised": machine.virtualised(),
        "smt": smt(cpu),
        "caches": caches(cpu),
        "numa_nodes": numa_nodes(machine.root / "sys/devices/system/node"),
        "clock": clock(cpu),
    }


def smt(cpu: Path) -> bool | None:
    """Read whether two hardware threads share a core.

    Parameters
    ----------
    cpu : Path
        ``/sys/devices/system/cpu``.

    Returns
    -------
    bool or None
        None where the kernel does not say.
    """
    return {"0": False, "1": True}.get(text(cpu / "smt/active"))


def clock(cpu: Path) -> dict[str, object]:
    """Describe who sets the clock.

    Parameters
    ----------
    cpu : Path
        ``/sys/devices/system/cpu``.

    Returns
    -------
    dict
        ``drivers``; ``governors``, each with the number of clocks that it sets; ``turbo``.
    """
    n_clocks = Counter(name for _, name in governors(cpu) or ())
    return {
        "drivers": drivers(cpu),
        "governors": dict(sorted(n_clocks.items())),
        "turbo": turbo(cpu)[0],
    }


def caches(cpu: Path) -> list[dict[str, object]]:
    """List the kinds of cache that there are.

    Parameters
    ----------
    cpu : Path
        ``/sys/devices/system/cpu``.

    Returns
    -------
    list of dict
        ``level``, ``type``, ``size_bytes``, and by how many CPUs one is ``shared_by``;
        from the smallest and nearest on.
    """
    kinds = set()
    for cache in cpu.glob("cpu[0-9]*/cache/index[0-9]*"):
        level, kind, size, shared = (
            text(cache / name) for name in ("level", "type", "size", "shared_cpu_list")
        )
        # Not every virtual machine tells the size.
        n_bytes = size_bytes(size) or 0
        kinds.add((int(level or 0), kind, n_bytes, n_listed(shared)))
    return [
        {"level": level, "type": kind, "size_bytes": size or None, "shared_by": shared or None}
        for level, kind, size, shared in sorted(kinds)
    ]


def numa_nodes(nodes: Path) -> dict[str, str]:
    """List the nodes of memory.

    Parameters
    ----------
    nodes : Path
        ``/sys/devices/system/node``.

    Returns
    -------
    dict of str to str
        To the node's number, its CPUs as the kernel lists them.
    """
    found = {
        int(node.name.removeprefix("node")): text(node / "cpulist")
        for node in nodes.glob("node[0-9]*")
    }
    return {f"{number}": cpus for number, cpus in sorted(found.items())}
