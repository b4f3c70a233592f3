"""PyTorch's current stream, for work that is timed by the GPU's own events."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from kernels.backends.held_stream import FLUSHED_BYTES
from kernels.backends.torch.imports import torch

if TYPE_CHECKING:
    from collections.abc import Callable

#: ``torch.cuda._sleep`` counts cycles; no GPU has more a second, so it waits for longer.
CYCLES_PER_SECOND = 3e9


@cache
def _flushed(where: Any) -> Any:
    return torch.empty(FLUSHED_BYTES, dtype=torch.uint8, device=where)


class TorchStream:
    """The current stream of the current GPU."""

    def __init__(self, where: Any) -> None:
        self._where = where
        self._sleep: Callable[[int], None] = torch.cuda._sleep

    def hold(self, seconds: float) -> None:
        """Let the GPU count cycles."""
        self._sleep(int(seconds * CYCLES_PER_SECOND))

    def flush(self) -> None:
        """Set the memory to zero."""
        _flushed(self._where).zero_()

    def event(self) -> Any:
        """Record an event."""
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def is_reached(self, event: Any) -> bool:
        """Query an event."""
        return bool(event.query())

    def seconds(self, begin: Any, end: Any) -> float:
        """Wait for the later event."""
        end.synchronize()
        return float(begin.elapsed_time(end)) / 1e3
