"""Finds out how many calls make a round that is long enough to time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.measure.rounds import time_round

if TYPE_CHECKING:
    from bench.measure.rounds import Action, Clock

#: A round lasts at least this long, so that the wait at its end does not decide it.
ROUND_SECONDS = 2e-3
MOST_ITERATIONS = 100_000


def iterations_for(work: Action, drain: Action, clock: Clock) -> int:
    """Return how many calls make a round long enough; this is the warm-up too.

    Parameters
    ----------
    work, drain, clock : callable
        As for ``time_round``.

    Returns
    -------
    int
    """
    time_round(work, drain, clock)  # the first call may compile
    iterations = 1
    while True:
        seconds = time_round(work, drain, clock, iterations).drained_seconds
        if seconds >= ROUND_SECONDS or iterations >= MOST_ITERATIONS:
            return iterations
        aimed = math.ceil(1.2 * iterations * ROUND_SECONDS / max(seconds, 1e-9))
        iterations = min(max(aimed, 2 * iterations), 10 * iterations)
