"""What a GPU could do at most, from what it consists of: without pandas, for `bench check`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.store.decoding import number

MEMORY, ARITHMETIC = "memory", "arithmetic"
#: Float32 additions, products or both in one that a multiprocessor does in a cycle (CUDA C++
#: Programming Guide, "Arithmetic Instructions"), by compute capability.
LANES = {
    **dict.fromkeys(("5.0", "5.2", "5.3", "6.1", "6.2"), 128),
    **dict.fromkeys(("6.0", "7.0", "7.2", "7.5", "8.0"), 64),
    **dict.fromkeys(("8.6", "8.7", "8.9", "9.0", "10.0", "12.0"), 128),
}
#: A fused product and addition; and data at both edges of the memory's clock.
FLOPS_PER_LANE, TRANSFERS_PER_CYCLE = 2, 2


def theoretical(gpu: Mapping[str, Any]) -> dict[str, float]:
    """Return what a GPU could do at its highest clocks, if nothing were in the way.

    Parameters
    ----------
    gpu : mapping
        What its driver tells, as in a fingerprint's ``gpus``; empty for a CPU.

    Returns
    -------
    dict of str to float
        ``memory`` : bytes per second over the whole width of its bus.
        ``arithmetic`` : float32 flops per second of all its multiprocessors; not where TF32 is
        allowed, whose products are of other units.
        Without what the driver does not tell.
    """
    facts = ("memory_clock_khz", "memory_bus_bits", "clock_khz", "multiprocessors")
    memory_clock, bus_bits, clock, n_multiprocessors = (
        number(gpu.get(fact)) or 0.0 for fact in facts
    )
    lanes = 0 if gpu.get("tf32") else LANES.get(str(gpu.get("compute_capability")), 0)
    peaks_of = {
        MEMORY: TRANSFERS_PER_CYCLE * 1000 * memory_clock * bus_bits / 8,
        ARITHMETIC: FLOPS_PER_LANE * 1000 * clock * n_multiprocessors * lanes,
    }
    return {name: peak for name, peak in peaks_of.items() if peak > 0}
