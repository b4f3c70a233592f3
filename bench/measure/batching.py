"""How often short work is done in a round, so that the round shows the work alone.

Three things show in a round that is too short: reading the clock, its resolution, and that
the first moments after a pause are slower, because caches hold what the harness did and
threads have gone to sleep. The first two are kept below a thousandth. Against the third a
round has a length, and short work is done, untimed, just before the clock starts.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.measure.overhead import Overhead

#: The clock may take up at most this share of a round.
LARGEST_SHARE = 1e-3
#: A round lasts about so long at least.
ROUND_SECONDS = 2e-3
#: Work that takes less is done before the clock starts, for about so long at least.
LEAD_IN_SECONDS, RUN_UP_SECONDS = 5e-3, 1e-3
MOST_ITERATIONS = 10_000


def iterations(empty: Overhead, seconds: float, affordable: int = MOST_ITERATIONS) -> int:
    """Return how often work is done in a round.

    Parameters
    ----------
    empty : Overhead
        What an empty round takes.
    seconds : float
        That the work takes once.
    affordable : int
        No more than so often for the sake of the round's length; the clock's share comes
        first.

    Returns
    -------
    int
    """
    if seconds <= 0:
        return 1
    unseen = max(empty.seconds_per_round, time.get_clock_info("perf_counter").resolution)
    for_the_clock = math.ceil(unseen / (LARGEST_SHARE * seconds))
    for_the_length = min(affordable, math.ceil(ROUND_SECONDS / seconds))
    return min(MOST_ITERATIONS, max(1, for_the_clock, for_the_length))


def leads_in(seconds: float) -> bool:
    """Say whether work is so short that it is done before the clock starts."""
    return seconds < LEAD_IN_SECONDS


def run_up(seconds: float, affordable: int = MOST_ITERATIONS) -> int:
    """Return how often short work is done just before the clock starts.

    Parameters
    ----------
    seconds : float
        That the work takes once.
    affordable : int
        No more than so often.

    Returns
    -------
    int
        0 for work that is long enough.
    """
    if not leads_in(seconds):
        return 0
    if seconds <= 0:
        return 1
    return min(max(1, affordable), math.ceil(RUN_UP_SECONDS / seconds))
