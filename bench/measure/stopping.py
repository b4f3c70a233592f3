"""When a case has enough rounds: when its median is known well enough, or time is up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from bench.analyze.median import relative_half_width
from bench.measure.rounds import seconds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.measure.rounds import Round

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
