"""Who sets the CPU's clock, and how far it may rise: the kernel's ``cpufreq``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure import kernel_files

if TYPE_CHECKING:
    from pathlib import Path

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
        (
            kernel_files.text(policy / "affected_cpus"),
            kernel_files.text(policy / "scaling_governor"),
        )
        for policy in _policies(cpu)
    ]
    return tuple(pair for pair in found if pair[1]) or None


def drivers(cpu: Path) -> list[str]:
    """Read which drivers set the clocks.

    Parameters
    ----------
    cpu : Path

    Returns
    -------
    list of str
        As a rule one; none where the clock is not the kernel's to set.
    """
    named = {kernel_files.text(policy / "scaling_driver") for policy in _policies(cpu)}
    return sorted(named - {""})


def turbo(cpu: Path) -> tuple[bool | None, str]:
    """Read whether the clock may rise above its nominal value, and where to forbid it.

    Parameters
    ----------
    cpu : Path

    Returns
    -------
    turbo : bool or None
    switch : str
        The file that turns it off, below ``cpu``; empty without one.
    """
    for switch, on in TURBO_SWITCHES.items():
        if value := kernel_files.text(cpu / switch):
            return value == on, switch
    return None, ""


def _policies(cpu: Path) -> list[Path]:
    """List the sets of cores that share a clock."""
    return sorted((cpu / "cpufreq").glob("policy*"))
