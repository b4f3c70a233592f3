"""Puts the fingerprint into pytest-benchmark's ``machine_info``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.measure import threads
from bench.measure.fingerprint import fingerprint_id, volatile
from bench.measure.fresh_fingerprint import fresh_fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What py-cpuinfo reads anew each time: the clock of the moment.
VOLATILE_CPU_KEYS = ("hz_actual", "hz_actual_friendly")


def extend(
    machine_info: dict[str, Any], measured_under: Mapping[str, object] | None = None
) -> None:
    """Add the fingerprint, and keep what changes from minute to minute apart.

    Parameters
    ----------
    machine_info : dict
        pytest-benchmark's, changed in place: ``fingerprint``, ``fingerprint_id`` and
        ``volatile`` are added, and the processor's current clock moves to the last. So do
        the thread pools of this process, as what it has measured left them.
    measured_under : mapping, optional
        The fingerprint of the processes that measured; a fresh one's by default.
    """
    stable = dict(measured_under or fresh_fingerprint())
    machine_info["fingerprint"] = stable
    machine_info["fingerprint_id"] = fingerprint_id(stable)
    cpu = machine_info.get("cpu", {})
    moved = {key: cpu.pop(key) for key in VOLATILE_CPU_KEYS if key in cpu}
    machine_info["volatile"] = {**volatile(), **moved, "thread_pools": threads.pools()}
