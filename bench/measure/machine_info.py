"""Puts the fingerprint into pytest-benchmark's ``machine_info``."""

from __future__ import annotations

from typing import Any

from bench.measure.fingerprint import fingerprint, fingerprint_id, volatile

#: What py-cpuinfo reads anew each time: the clock of the moment.
VOLATILE_CPU_KEYS = ("hz_actual", "hz_actual_friendly")


def extend(machine_info: dict[str, Any]) -> None:
    """Add the fingerprint, and keep what changes from minute to minute apart.

    Parameters
    ----------
    machine_info : dict
        pytest-benchmark's, changed in place: ``fingerprint``, ``fingerprint_id`` and
        ``volatile`` are added, and the processor's current clock moves to the last.
    """
    machine_info["fingerprint"] = stable = fingerprint()
    machine_info["fingerprint_id"] = fingerprint_id(stable)
    cpu = machine_info.get("cpu", {})
    moved = {key: cpu.pop(key) for key in VOLATILE_CPU_KEYS if key in cpu}
    machine_info["volatile"] = {**volatile(), **moved}
