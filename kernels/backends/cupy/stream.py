"""CuPy's current stream, for work that is timed by the GPU's own events."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from kernels.backends.cupy.imports import cupy
from kernels.backends.held_stream import FLUSHED_BYTES

#: Waits by the GPU's clock of nanoseconds (PTX ISA, "Special Registers: %globaltimer").
SOURCE = r"""
__device__ unsigned long long now() {
    unsigned long long nanoseconds;
    asm volatile("mov.u64 %0, %globaltimer;" : "=l"(nanoseconds));
    return nanoseconds;
}
extern "C" __global__ void hold(unsigned long long nanoseconds) {
    const unsigned long long begin = now();
    while (now() - begin < nanoseconds) {
    }
}
"""


@cache
def _hold() -> Any:
    return cupy.RawKernel(SOURCE, "hold")


@cache
def _flushed(index: int) -> Any:  # noqa: ARG001 - of the current GPU, one each
    return cupy.empty(FLUSHED_BYTES, dtype=np.uint8)


class CupyStream:
    """The current stream of the current GPU."""

    def __init__(self, index: int) -> None:
        self._index = index

    def hold(self, seconds: float) -> None:
        """Let one thread wait."""
        _hold()((1,), (1,), (np.uint64(seconds * 1e9),))

    def flush(self) -> None:
        """Set the memory to zero."""
        _flushed(self._index).fill(0)

    def event(self) -> Any:
        """Record an event."""
        event = cupy.cuda.Event()
        event.record()
        return event

    def is_reached(self, event: Any) -> bool:
        """Query an event."""
        return bool(event.done)

    def seconds(self, begin: Any, end: Any) -> float:
        """Wait for the later event."""
        end.synchronize()
        return float(cupy.cuda.get_elapsed_time(begin, end)) / 1e3
