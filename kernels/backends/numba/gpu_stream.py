"""Numba's default stream, for work that is timed by the GPU's own events."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import cuda

from kernels.backends.held_stream import FLUSHED_BYTES
from kernels.backends.numba.gpu_devices import launcher
from kernels.backends.numba.gpu_jitted import NANOSLEEP, hold


@cache
def _flushed(index: int) -> Any:  # noqa: ARG001 - of the current GPU, one each
    return cuda.device_array(FLUSHED_BYTES, dtype=np.uint8)


class NumbaStream:
    """The default stream of the current GPU."""

    def __init__(self, index: int) -> None:
        self._index, self._hold = index, launcher(hold, 1, 1)

    def hold(self, seconds: float) -> None:
        """Let one thread sleep; each sleep lasts up to twice as long as it is told."""
        self._hold(np.int32(max(1, round(seconds * 1e9 / NANOSLEEP))))

    def flush(self) -> None:
        """Set the memory to zero."""
        cuda.driver.device_memset(_flushed(self._index), 0, FLUSHED_BYTES)

    def event(self) -> Any:
        """Record an event."""
        event = cuda.event()
        event.record()
        return event

    def is_reached(self, event: Any) -> bool:
        """Query an event."""
        return bool(event.query())

    def seconds(self, begin: Any, end: Any) -> float:
        """Wait for the later event."""
        end.synchronize()
        return float(begin.elapsed_time(end)) / 1e3
