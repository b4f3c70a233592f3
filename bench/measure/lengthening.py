"""Finds out how many calls make a round that is long enough to time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.measure.batching import ROUND_SECONDS
from bench.measure.rounds import time_round
from bench.measure.warming import WarmUp, warm_calls

if TYPE_CHECKING:
    from bench.measure.rounds import Action, Clock

MOST_ITERATIONS = 100_000


def lengthen(
    work: Action, drain: Action, clock: Clock, at_least: float = ROUND_SECONDS
) -> tuple[int, WarmUp]:
    """Repeat a call until its times have settled, and find how many make a round.

    Parameters
    ----------
    work, drain, clock : callable
        As for ``time_round``.
    at_least : float
        Seconds of a round; with 0 each call is one.

    Returns
    -------
    tuple of (int, WarmUp)
    """
    warmed = warm_calls(lambda: time_round(work, drain, clock).drained_seconds)
    if warmed.settled_seconds >= at_least:
        return 1, warmed
    iterations = 1
    while True:
        seconds = time_round(work, drain, clock, iterations).drained_seconds
        if seconds >= at_least or iterations >= MOST_ITERATIONS:
            return iterations, warmed
        aimed = math.ceil(1.2 * iterations * at_least / max(seconds, 1e-9))
        iterations = min(max(aimed, 2 * iterations), 10 * iterations)
