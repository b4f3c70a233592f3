"""What the CPU is, and how it is set: what stays until someone changes it."""

from __future__ import annotations

import platform
from collections import Counter
from typing import TYPE_CHECKING

import psutil

from bench.measure import clock_policy, kernel_files

if TYPE_CHECKING:
    from pathlib import Path

    from bench.measure.machine import Machine


def processor(machine: Machine) -> dict[str, object]:
    """Describe the CPU.

    Ask before a backend is imported: see ``bench.measure.affinity``.

    Parameters
    ----------
    machine : Machine

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
        "affinity": kernel_files.listed(usable),
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
    return {"0": False, "1": True}.get(kernel_files.text(cpu / "smt/active"))


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
    governors = Counter(name for _, name in clock_policy.governors(cpu) or ())
    return {
        "drivers": clock_policy.drivers(cpu),
        "governors": dict(sorted(governors.items())),
        "turbo": clock_policy.turbo(cpu)[0],
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
            kernel_files.text(cache / name)
            for name in ("level", "type", "size", "shared_cpu_list")
        )
        # Not every virtual machine tells the size.
        size_bytes = kernel_files.size_bytes(size) or 0
        kinds.add((int(level or 0), kind, size_bytes, kernel_files.n_listed(shared)))
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
        int(node.name.removeprefix("node")): kernel_files.text(node / "cpulist")
        for node in nodes.glob("node[0-9]*")
    }
    return {f"{number}": cpus for number, cpus in sorted(found.items())}
