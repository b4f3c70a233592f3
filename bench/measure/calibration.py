"""How many calls make a round, and how many rounds make a case."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from bench.measure.rounds import seconds_of, time_calls
from bench.stats.medians import relative_half_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.measure.rounds import Action, Instruments, Round

# What the harness itself costs: the clock, the loop, the wait for a device that is idle.
#
# It is measured in the process that is about to measure, with the same function, and kept
# beside the times. It is never subtracted from them.


EMPTY_ROUNDS = 31
EMPTY_CALLS = 100


@dataclass(frozen=True)
class Overhead:
    """What an empty kernel takes.

    Attributes
    ----------
    seconds_per_round : float
        Reading the clock: what a round takes in which nothing is called.
    seconds_per_call : float
        What the loop adds for each call of an empty kernel and the wait after it.
    """

    seconds_per_round: float
    seconds_per_call: float

    def share(self, seconds: float, iterations: int) -> float:
        """Return the harness's share of what a round in which work is done shows."""
        spent = self.seconds_per_round / iterations + self.seconds_per_call
        return spent / seconds if seconds > 0 else math.inf


def empty_kernel() -> None:
    """Do nothing."""


def overhead(drain: Action, instruments: Instruments) -> Overhead:
    """Time an empty kernel.

    Parameters
    ----------
    drain : callable
        Waits for the device that is about to be measured on.
    instruments : Instruments

    Returns
    -------
    Overhead
    """
    nothing: tuple[Action, ...] = ()
    calls = (empty_kernel, drain) * EMPTY_CALLS
    rounds = [time_calls(nothing, _no_wait, instruments) for _ in range(EMPTY_ROUNDS)]
    per_round = statistics.median(one.drained_seconds for one in rounds)
    filled = [time_calls(calls, _no_wait, instruments) for _ in range(EMPTY_ROUNDS // 3)]
    per_call = statistics.median(one.drained_seconds for one in filled) - per_round
    return Overhead(per_round, max(0.0, per_call) / EMPTY_CALLS)


def _no_wait() -> None:
    """Stand in for the wait at the end: it is counted with each call."""


# How often short work is done in a round, so that the round shows the work alone.
#
# Three things show in a round that is too short: reading the clock, its resolution, and that
# the first moments after a pause are slower, because caches hold what the harness did and
# threads have gone to sleep. The first two are kept below a thousandth. Against the third a
# round has a length, and short work is done, untimed, just before the clock starts.


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


# When a case has enough rounds: when its median is known well enough, or time is up.


#: Fewer rounds are never called precise: a few equal ones happen by chance.
FEWEST_FOR_PRECISION = 10
#: Looking after every round would find a moment at which the interval happens to be narrow;
#: it is looked at whenever there is this share of rounds more.
GROWTH = 0.1


class Stop(str, Enum):
    """Why no further round was timed."""

    PRECISE = "precise"
    BUDGET = "budget"
    ROUNDS = "rounds"
    PROTOCOL = "protocol"


@dataclass(frozen=True)
class StoppingRule:
    """Rounds until the median is known to a target precision, within a budget of time.

    Attributes
    ----------
    target : float
        Half the width of the 95% interval for the median of the rounds, as a share of it.
    budget_seconds : float
        No further round when so much work is timed …
    max_rounds : int
        … or when there are so many rounds.
    min_rounds : int
        So many in any case.
    """

    target: float
    budget_seconds: float
    max_rounds: int
    min_rounds: int = 1

    def reason(self, rounds: Sequence[Round]) -> Stop | None:
        """Say why no further round is needed.

        Parameters
        ----------
        rounds : sequence of Round
            All so far.

        Returns
        -------
        Stop or None
            None where another round is to be timed.
        """
        n_rounds = len(rounds)
        if n_rounds < self.min_rounds:
            return None
        over = None
        if sum(one.drained_seconds for one in rounds) >= self.budget_seconds:
            over = Stop.BUDGET
        elif n_rounds >= self.max_rounds:
            over = Stop.ROUNDS
        looks = over is not None or n_rounds % max(1, int(GROWTH * n_rounds)) == 0
        if looks and self._is_precise(rounds):
            return Stop.PRECISE
        return over

    def _is_precise(self, rounds: Sequence[Round]) -> bool:
        if len(rounds) < FEWEST_FOR_PRECISION:
            return False
        return relative_half_width(seconds_of(rounds)) <= self.target
