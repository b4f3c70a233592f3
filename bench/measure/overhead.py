"""What the harness itself costs: the clock, the loop, the wait for a device that is idle.

It is measured in the process that is about to measure, with the same function, and kept
beside the times. It is never subtracted from them.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.measure.rounds import time_calls

if TYPE_CHECKING:
    from bench.measure.rounds import Action, Clock

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


def overhead(drain: Action, clock: Clock) -> Overhead:
    """Time an empty kernel.

    Parameters
    ----------
    drain : callable
        Waits for the device that is about to be measured on.
    clock : callable

    Returns
    -------
    Overhead
    """
    nothing: tuple[Action, ...] = ()
    calls = (empty_kernel, drain) * EMPTY_CALLS
    rounds = [time_calls(nothing, _no_wait, clock) for _ in range(EMPTY_ROUNDS)]
    per_round = statistics.median(one.drained_seconds for one in rounds)
    filled = [time_calls(calls, _no_wait, clock) for _ in range(EMPTY_ROUNDS // 3)]
    per_call = statistics.median(one.drained_seconds for one in filled) - per_round
    return Overhead(per_round, max(0.0, per_call) / EMPTY_CALLS)


def _no_wait() -> None:
    """Stand in for the wait at the end: it is counted with each call."""
