"""What the device's own clock says of some work, in a pass of its own.

Recording events costs time, so it stays out of the timed rounds.
"""

from __future__ import annotations

import statistics
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.measure.rounds import Action
    from kernels.contract import Backend

REPEATS = 5


def device_facts(
    backend: Backend, device: str, fresh: Callable[[], Action], iterations: int = 1
) -> dict[str, Any]:
    """Time work by the device's events, where there are any.

    Parameters
    ----------
    backend : Backend
    device : str
    fresh : callable
        Prepares, outside the events, and returns the work.
    iterations : int
        Calls of the work between two events.

    Returns
    -------
    dict
        ``device_seconds``, of one call: the median, None where the backend has no events;
        ``device_data``: all of them.
    """
    seconds: list[float] = []
    for _ in range(REPEATS if backend.device_seconds(device, _nothing) is not None else 0):
        work = fresh()
        taken = backend.device_seconds(device, partial(_repeat, work, iterations))
        if taken is not None:
            seconds.append(taken / iterations)
    median = statistics.median(seconds) if seconds else None
    return {"device_seconds": median, "device_data": seconds}


def _nothing() -> None:
    """Do nothing: whether a device has events shows without any work."""


def _repeat(work: Action, iterations: int) -> None:
    for _ in range(iterations):
        work()
