"""When the times of repeated work have settled: the rule by which every warm-up ends.

The first calls may compile, allocate and touch memory for the first time; some libraries
go on compiling at the second and third. So the rule looks at times, not at a count: the last
two calls took about as long as the best one before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Calls at the end that must agree with the best before them …
AGREEING = 2
#: … in taking no less than this share of it, for then times are still falling …
FASTER = 0.9
#: … and no more than this: then something was compiled, or disturbed.
SLOWER = 1.25
MOST_CALLS = 10
#: Ten calls of very long work would take longer than timing it.
MOST_SECONDS = 3.0


def settled(seconds: Sequence[float]) -> bool:
    """Say whether times have settled.

    Parameters
    ----------
    seconds : sequence of float
        Of the calls so far, in their order, of equal work.

    Returns
    -------
    bool
    """
    if len(seconds) <= AGREEING:
        return False
    best = min(seconds[:-AGREEING])
    return all(FASTER * best <= one <= SLOWER * best for one in seconds[-AGREEING:])


@dataclass(frozen=True)
class Calls:
    """Calls that were made until their times had settled.

    Attributes
    ----------
    seconds : tuple of float
        Of each.
    settled : bool
        False where the rule gave up.
    """

    seconds: tuple[float, ...]
    settled: bool

    @property
    def settled_seconds(self) -> float:
        """What a call takes at the end."""
        return min(self.seconds[-AGREEING:])


def call_until_settled(
    seconds_of_call: Callable[[], float],
    most_calls: int = MOST_CALLS,
    most_seconds: float = MOST_SECONDS,
) -> Calls:
    """Repeat work until its times have settled.

    Parameters
    ----------
    seconds_of_call : callable
        Does the work once and returns what it took.
    most_calls : int
    most_seconds : float
        No further call after so much time.

    Returns
    -------
    Calls
    """
    seconds: list[float] = []
    while not settled(seconds) and len(seconds) < most_calls and sum(seconds) <= most_seconds:
        seconds.append(seconds_of_call())
    return Calls(tuple(seconds), settled(seconds))
