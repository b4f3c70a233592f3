"""Times work by a GPU's own events, the stream held until all of it is enqueued.

Two events around work that the host enqueues more slowly than the GPU does it measure the
enqueueing. So the stream waits first, for a limited time, until the host is done (as the
"blocking kernel" of nvbench, NVIDIA's benchmark library, does). Whether that was long enough is
seen from the first event, which the GPU must not have come to yet. Work that waits itself, or
that has more launches than fit into the GPU's queue, can't be held: its time is then a span.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from kernels.contract import DeviceTime

if TYPE_CHECKING:
    from collections.abc import Callable

#: How long the stream is held, one after the other, until it is long enough.
HOLDS_SECONDS = (1e-3, 1e-2, 1e-1)
#: What is written before cold work: more than the L2 cache of any GPU up to 2026 (126 MB).
FLUSHED_BYTES = 256 * 2**20


class Stream(Protocol):
    """The stream of a GPU that a library's work is enqueued in."""

    def hold(self, seconds: float) -> None:
        """Enqueue a wait of about so long."""

    def flush(self) -> None:
        """Enqueue writing to `FLUSHED_BYTES` of memory that the work does not touch."""

    def event(self) -> Any:
        """Enqueue an event that notes when it is reached, and return it."""

    def is_reached(self, event: Any) -> bool:
        """Say whether the GPU has come to an event by now."""

    def seconds(self, begin: Any, end: Any) -> float:
        """Wait for both events, and return the seconds between them."""


def timed(stream: Stream, work: Callable[[], object], *, cold: bool = False) -> DeviceTime:
    """Do work once, or again where the stream was not held for long enough.

    Parameters
    ----------
    stream : Stream
    work : callable
    cold : bool
        Whether the L2 cache holds none of its data when it begins.

    Returns
    -------
    DeviceTime
    """
    if cold:
        stream.flush()  # its memory is there from now on
    taken = DeviceTime(0.0, held=False)
    for hold_seconds in HOLDS_SECONDS:
        stream.hold(hold_seconds)
        if cold:
            stream.flush()
        begin = stream.event()
        work()
        end = stream.event()
        held = not stream.is_reached(begin)
        taken = DeviceTime(stream.seconds(begin, end), held)
        if held:
            break
    return taken


class NoEvents:
    """A backend whose devices have no events, or do not show them."""

    def device_seconds(
        self,
        device: str,  # noqa: ARG002
        work: Callable[[], object],  # noqa: ARG002
        *,
        cold: bool = False,  # noqa: ARG002
    ) -> DeviceTime | None:
        """Return None: no clock of the device's own can be read."""
        return None
