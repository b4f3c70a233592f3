"""How many pairs a case gets, and what is said of it: pairs until the answer is clear.

After every two pairs from the sixth on, a case is looked at:

- ``same`` when the 95% interval of its ratio lies within the margin, on both sides;
- flagged when it lies beyond the margin, tested with Wilcoxon's signed-rank test, the false
  discovery rate over all cases controlled (Benjamini & Hochberg 1995, *J. R. Statist. Soc. B*
  57:289). Then so many fresh pairs are measured, which had no part in that, and it is
  ``slower`` or ``faster`` only if these alone lie beyond the margin too, and not by chance;
- otherwise it gets more pairs, until there are no more to be had: ``unclear``.

Looking again and again finds by chance what is not there. Here that costs little: for a case
that has not changed to be flagged, chance has to carry its whole interval past the margin,
and then do it again in the fresh pairs. ``python -m bench selftest`` measures how often.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.verdicts.false_discovery import discovered
from bench.analyze.verdicts.paired import estimate, p_above
from bench.analyze.verdicts.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.analyze.verdicts.paired import Estimate

#: The first look, and after how many more pairs the next: in two pairs each side is first once.
FIRST_LOOK, BETWEEN_LOOKS = 6, 2
#: Expected share of false ones among the flagged.
FALSE_DISCOVERIES = 0.05
#: Fresh pairs that confirm, and how sure they have to be that there is a change at all.
CONFIRMING, CONFIRMING_LEVEL = 6, 0.05
MOST_PAIRS = 60


@dataclass
class Contest:
    """What is known of one case so far.

    Attributes
    ----------
    margin : float
        Changes up to this share are the same.
    differences : list of float
        Of each pair: log of the second side's time over the first's.
    verdict : Verdict or None
        None while it is open.
    flagged : Verdict or None
        What the fresh pairs are to confirm.
    flagged_at : int
        After how many pairs it was flagged.
    """

    margin: float
    differences: list[float] = field(default_factory=list)
    verdict: Verdict | None = None
    flagged: Verdict | None = None
    flagged_at: int = 0

    @property
    def n_pairs(self) -> int:
        """Pairs so far."""
        return len(self.differences)

    @property
    def estimate(self) -> Estimate:
        """The ratio, from all pairs."""
        return estimate(self.differences)

    @property
    def is_due(self) -> bool:
        """Whether it is looked at now."""
        if self.flagged is not None:
            return self.n_pairs - self.flagged_at >= CONFIRMING
        beyond = self.n_pairs - FIRST_LOOK
        return beyond >= 0 and beyond % BETWEEN_LOOKS == 0

    def p_values(self) -> tuple[float, float]:
        """Test for being slower, and for being faster, than the margin allows."""
        limit = 1.0 + self.margin
        opposite = [-one for one in self.differences]
        return p_above(self.differences, limit), p_above(opposite, limit)

    def is_same(self) -> bool:
        """Say whether the interval lies within the margin."""
        found = self.estimate
        return found.low >= 1 / (1 + self.margin) and found.high <= 1 + self.margin

    def is_confirmed(self) -> bool:
        """Say whether the pairs since the flag say what it says."""
        sign = 1.0 if self.flagged is Verdict.SLOWER else -1.0
        fresh = [sign * one for one in self.differences[self.flagged_at :]]
        beyond = estimate(fresh).ratio > 1 + self.margin
        return beyond and p_above(fresh, 1.0) <= CONFIRMING_LEVEL


def look(contests: Sequence[Contest]) -> None:
    """Look at all cases whose time has come, and decide those that can be.

    Parameters
    ----------
    contests : sequence of Contest
        All cases of the comparison, decided ones too: they count for the false discovery
        rate.
    """
    due = [one for one in contests if one.verdict is None and one.is_due]
    for one in due:
        if one.flagged is not None:
            if one.is_confirmed():
                one.verdict = one.flagged
            one.flagged = None
        if one.verdict is None and one.is_same():
            one.verdict = Verdict.SAME
    if all(one.verdict is not None for one in due):
        return
    tests = np.array([_p_values(one) for one in contests])
    level = FALSE_DISCOVERIES / 2
    found = [discovered(tests[:, column], level) for column in (0, 1)]
    numbers = {id(one): number for number, one in enumerate(contests)}
    for one in due:
        for counts, verdict in zip(found, (Verdict.SLOWER, Verdict.FASTER), strict=True):
            if one.verdict is None and counts[numbers[id(one)]]:
                one.flagged, one.flagged_at = verdict, one.n_pairs


def _p_values(contest: Contest) -> tuple[float, float]:
    """Return the p-values of a case; 1 where there is nothing to be found (any more)."""
    if contest.n_pairs < FIRST_LOOK or contest.verdict is Verdict.SAME:
        return 1.0, 1.0
    return contest.p_values()


def replay(
    differences: Sequence[float], margin: float, most_pairs: int = MOST_PAIRS
) -> Contest:
    """Judge one case from pairs that were measured before, as if they came now.

    Parameters
    ----------
    differences : sequence of float
        As many as there may be pairs; those after the decision are not looked at.
    margin : float
    most_pairs : int

    Returns
    -------
    Contest
        ``unclear`` where the pairs do not suffice.
    """
    contest = Contest(margin)
    for difference in differences[:most_pairs]:
        if not math.isfinite(difference):
            continue
        contest.differences.append(difference)
        look([contest])
        if contest.verdict is not None:
            return contest
    contest.verdict = Verdict.UNCLEAR
    return contest
