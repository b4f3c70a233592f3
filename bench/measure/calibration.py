"""How many calls make a round, and how many rounds make a case."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from bench.measure.protocol import Protocol
from bench.measure.rounds import Action, Instruments, Round, seconds_of, time_calls, time_round
from bench.measure.rule import RULE
from bench.measure.warmup import call_until_settled
from bench.stats.medians import relative_half_width

# What the harness itself costs. It is kept beside the times and never subtracted from them.


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
    """
    nothing: tuple[Action, ...] = ()
    calls = (empty_kernel, drain) * RULE.empty_calls
    rounds = [time_calls(nothing, _no_wait, instruments) for _ in range(RULE.empty_rounds)]
    per_round = statistics.median(one.drained_seconds for one in rounds)
    filled = [time_calls(calls, _no_wait, instruments) for _ in range(RULE.filled_rounds)]
    per_call = statistics.median(one.drained_seconds for one in filled) - per_round
    return Overhead(per_round, max(0.0, per_call) / RULE.empty_calls)


def _no_wait() -> None:
    """Stand in for the wait at the end: it is counted with each call."""


# How many calls make a round. A round that is too short shows the clock, its resolution, and
# the slower first moments after a pause: cold caches, sleeping threads.


@dataclass(frozen=True)
class Calibration:
    """How often work is done.

    Attributes
    ----------
    iterations : int
        In a round.
    lead_in : int
        Just before its clock starts; 0 for work that is long enough.
    """

    iterations: int
    lead_in: int


def calibrate(
    seconds: float, clock_seconds: float = 0.0, affordable: int = RULE.max_iterations
) -> Calibration:
    """Find how often work is done in a round and before it.

    Parameters
    ----------
    seconds : float
        That the work takes once. With 0, of a clock that stands still, it is done once.
    clock_seconds : float
        That reading the clock takes.
    affordable : int
        No more than so often for the sake of the round's length; the clock's share comes
        first.
    """
    if seconds <= 0:
        return Calibration(1, 1)
    unseen = max(clock_seconds, time.get_clock_info("perf_counter").resolution)
    for_the_clock = math.ceil(unseen / (RULE.max_clock_share * seconds))
    for_the_length = min(affordable, math.ceil(RULE.min_round_seconds / seconds))
    iterations = min(RULE.max_iterations, max(1, for_the_clock, for_the_length))
    if seconds >= RULE.short_work_seconds:
        return Calibration(iterations, 0)
    most = max(1, int(RULE.max_lead_in_share * affordable))
    return Calibration(iterations, min(most, math.ceil(RULE.lead_in_seconds / seconds)))


def seconds_in_a_row(
    work: Action, drain: Action, instruments: Instruments, seconds_alone: float
) -> float:
    """Return what work takes once among others of its kind, none of them awaited by itself.

    Of work in a row only the first has to wait for the device to begin, and only the last is
    awaited: so it is the difference between a row and one alone, for each that is more.

    Parameters
    ----------
    seconds_alone : float
        What the work takes from an idle device to an idle device.
    """
    n = calibrate(seconds_alone).iterations
    if n == 1:
        return seconds_alone
    in_a_row = call_until_settled(
        lambda: time_round(work, drain, instruments, n).drained_seconds
    ).settled_seconds
    more = in_a_row - seconds_alone
    return more / (n - 1) if more > 0 else in_a_row / n


# How many rounds make a case.


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

    @classmethod
    def of(cls, protocol: Protocol, min_rounds: int) -> StoppingRule:
        """Return a protocol's rule, with so many rounds that one process needs."""
        return cls(
            protocol.target,
            protocol.seconds_per_case,
            protocol.max_rounds,
            protocol.least(min_rounds),
        )

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
        looks = (
            over is not None
            or n_rounds % max(1, int(RULE.growth_between_looks * n_rounds)) == 0
        )
        if looks and self._is_precise(rounds):
            return Stop.PRECISE
        return over

    def _is_precise(self, rounds: Sequence[Round]) -> bool:
        if len(rounds) < RULE.min_precise_rounds:
            return False
        return relative_half_width(seconds_of(rounds)) <= self.target
