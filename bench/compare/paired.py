"""What pairs of fresh processes say, and how many pairs a case gets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.compare.rule import RULE
from bench.stats.medians import NORMAL_MAD, lower_quartile
from bench.stats.verdict import Verdict, benjamini_hochberg

Differences = Sequence[float] | NDArray[np.float64]

# The time of a case in one process: that of its undisturbed rounds.
#
# What disturbs a round only ever makes it longer, and a neighbour that works half of the time
# moves the median of all rounds by as much as it pleases. So the rounds that telemetry has
# marked are left out, as long as enough are left to take a median of. Else it is the lower
# quartile of all rounds: most of those below it were not disturbed, and unlike the fastest one
# it is not decided by a single round. Both sides of a comparison are treated alike, so that
# neither is favoured.


class Rounds(NamedTuple):
    """The rounds of a case in one process.

    Attributes
    ----------
    seconds : sequence of float
        Of one iteration, for each round.
    disturbed : sequence of int
        Numbers of the rounds that something else disturbed.
    """

    seconds: Sequence[float]
    disturbed: Sequence[int] = ()


def process_time(rounds: Rounds) -> float:
    """Return what a process says of a case.

    Parameters
    ----------
    rounds : Rounds
        At least one.

    Returns
    -------
    float
        Seconds of one iteration.
    """
    disturbed = {*rounds.disturbed}
    left = [one for number, one in enumerate(rounds.seconds) if number not in disturbed]
    if len(left) >= RULE.fewest_undisturbed or len(left) == len(rounds.seconds):
        return median(left)
    return lower_quartile(rounds.seconds)


# By how much one side is slower, estimated from pairs of fresh processes.
#
# A pair is one process of each side that measured the same case in turns. Its difference is
# the logarithm of the ratio of their times. If both sides are the same, which of them a
# process belongs to is a matter of names, so the differences are symmetric about zero,
# whatever their distribution: that, and nothing else, is what is used here.
#
# The estimate is the median of the Walsh averages, ``(d_i + d_j) / 2`` for ``i <= j``, and its
# interval reaches from the k-th smallest to the k-th largest of them, with k from the exact
# distribution of Wilcoxon's signed-rank statistic (Hodges & Lehmann 1963, *Ann. Math.
# Statist.* 34:598; Hollander, Wolfe & Chicken 2014, *Nonparametric Statistical Methods*,
# section 3.4). For normal differences it needs 5% more pairs than the mean, where the median
# needs 57% more, and one pair in four may be spoilt without moving it far.


@dataclass(frozen=True)
class PairedEstimate:
    """A ratio of times with its interval.

    Attributes
    ----------
    ratio, low, high : float
        The second side's time over the first's. Without enough pairs for the confidence,
        ``low`` is 0 and ``high`` infinite.
    """

    ratio: float
    low: float
    high: float
    n_pairs: int


@lru_cache(maxsize=256)
def _counts(n: int) -> NDArray[np.float64]:
    """Return of how many sign patterns the signed-rank statistic takes each value, from 0."""
    counts = np.zeros(n * (n + 1) // 2 + 1)
    counts[0] = 1.0
    for rank in range(1, n + 1):
        counts[rank:] += counts[:-rank].copy()
    return counts


@lru_cache(maxsize=256)
def _tail(n: int) -> NDArray[np.float64]:
    """Return how likely the signed-rank statistic is to be at least so large, from 0 on."""
    tail: NDArray[np.float64] = np.cumsum(_counts(n)[::-1])[::-1] / 2.0**n
    return np.minimum(tail, 1.0)  # sums beyond 2^53 are rounded


@lru_cache(maxsize=256)
def outer_rank(n: int) -> int | None:
    """Return which of the sorted Walsh averages, from 1, the interval begins with.

    Parameters
    ----------
    n : int
        Pairs.

    Returns
    -------
    int or None
        The largest that is low enough; None where even the first is not: below six pairs
        at 95%.
    """
    below = np.cumsum(_counts(n)) / 2.0**n
    return int(np.searchsorted(below, (1.0 - RULE.confidence) / 2, side="right")) or None


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks from 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return ((2 * last - counts + 1) / 2)[place]


def estimate(differences: Differences) -> PairedEstimate:
    """Estimate the ratio of the times of two sides.

    Parameters
    ----------
    differences : sequence of float, or ndarray of shape (n_pairs,)
        Of each pair: log of the second side's time over the first's. At least one.
    """
    d = np.asarray(differences, dtype=float)
    first, second = np.triu_indices(len(d))
    walsh = np.sort((d[first] + d[second]) / 2)
    ratio = float(np.exp(np.median(walsh)))
    rank = outer_rank(len(d))
    if rank is None:
        return PairedEstimate(ratio, 0.0, float("inf"), len(d))
    low, high = np.exp([walsh[rank - 1], walsh[-rank]])
    return PairedEstimate(ratio, float(low), float(high), len(d))


def p_above(differences: Differences, ratio: float) -> float:
    """Test whether the second side takes more than so many times the first's time.

    Parameters
    ----------
    differences : sequence of float
        As for `estimate`.
    ratio : float
        That it takes if there is nothing to find.

    Returns
    -------
    float
        The exact p-value of Wilcoxon's signed-rank test, one-sided. SciPy's gives the same
        and takes thirty times as long, which shows where there are hundreds of cases.
    """
    shifted = np.asarray(differences, dtype=float) - np.log(ratio)
    shifted = shifted[shifted != 0]
    if not len(shifted):
        return 1.0
    above = float(_ranks(np.abs(shifted))[shifted > 0].sum())
    # Ties give halves of ranks; the whole number below makes the test no bolder.
    return float(_tail(len(shifted))[math.floor(above)])


# How many pairs a case gets: pairs until the answer is clear.
#
# After every two pairs from the sixth on, a case is looked at:
#
# - ``same`` when the 95% interval of its ratio lies within the margin, on both sides;
# - detected when it lies beyond the margin, tested with Wilcoxon's signed-rank test, the false
#   discovery rate over all cases controlled (Benjamini & Hochberg 1995, *J. R. Statist. Soc. B*
#   57:289). Then fresh pairs are measured, which had no part in that, and it is ``slower`` or
#   ``faster`` only if these alone lie beyond the margin too, and not by chance;
# - otherwise it gets more pairs, until there are no more to be had: ``unclear``.
#
# Looking again and again finds by chance what is not there. Here that costs little: for a case
# that has not changed to be detected, chance has to carry its whole interval past the margin,
# and then do it again in the fresh pairs. ``python -m bench selftest`` measures how often.


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
    detected : Verdict or None
        What the fresh pairs are to confirm.
    detected_at : int
        After how many pairs it was detected.
    """

    margin: float
    differences: list[float] = field(default_factory=list)
    verdict: Verdict | None = None
    detected: Verdict | None = None
    detected_at: int = 0

    @property
    def n_pairs(self) -> int:
        """Pairs so far."""
        return len(self.differences)

    @property
    def estimate(self) -> PairedEstimate:
        """The ratio, from all pairs."""
        return estimate(self.differences)

    @property
    def is_due(self) -> bool:
        """Whether it is looked at now."""
        if self.detected is not None:
            return self.n_pairs - self.detected_at >= RULE.confirming_pairs
        beyond = self.n_pairs - RULE.first_look
        return beyond >= 0 and beyond % RULE.pairs_between_looks == 0

    def p_values(self) -> tuple[float, float]:
        """Test for being slower, and for being faster, than the margin allows.

        1 where there is nothing to be found (any more).
        """
        if self.n_pairs < RULE.first_look or self.verdict is Verdict.SAME:
            return 1.0, 1.0
        limit = 1.0 + self.margin
        opposite = [-one for one in self.differences]
        return p_above(self.differences, limit), p_above(opposite, limit)

    def is_same(self) -> bool:
        """Say whether the interval lies within the margin."""
        found = self.estimate
        return found.low >= 1 / (1 + self.margin) and found.high <= 1 + self.margin

    def is_confirmed(self) -> bool:
        """Say whether the pairs since the detection show it too."""
        sign = 1.0 if self.detected is Verdict.SLOWER else -1.0
        fresh = [sign * one for one in self.differences[self.detected_at :]]
        beyond = estimate(fresh).ratio > 1 + self.margin
        return beyond and p_above(fresh, 1.0) <= RULE.max_p_confirming


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
        if one.detected is not None:
            if one.is_confirmed():
                one.verdict = one.detected
            one.detected = None
        if one.verdict is None and one.is_same():
            one.verdict = Verdict.SAME
    if all(one.verdict is not None for one in due):
        return
    tests = np.array([one.p_values() for one in contests])
    level = RULE.max_false_discoveries / 2
    found = [benjamini_hochberg(tests[:, column], level) for column in (0, 1)]
    numbers = {id(one): number for number, one in enumerate(contests)}
    for one in due:
        for counts, verdict in zip(found, (Verdict.SLOWER, Verdict.FASTER), strict=True):
            if one.verdict is None and counts[numbers[id(one)]]:
                one.detected, one.detected_at = verdict, one.n_pairs


def replay(
    differences: Sequence[float], margin: float, most_pairs: int = RULE.most_pairs
) -> Contest:
    """Judge one case from pairs that were measured before, as if they came now.

    Parameters
    ----------
    differences : sequence of float
        As many as there may be pairs; those after the decision are not looked at.

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


# How many more pairs a case will probably need: for the time left, not for the verdict.


def pairs_left(contest: Contest, most_pairs: int) -> int:
    """Guess how many more pairs a case gets.

    Parameters
    ----------
    most_pairs : int
        It gets no more than so many in all.
    """
    if contest.verdict is not None:
        return 0
    n_pairs = contest.n_pairs
    if contest.detected is not None:
        return max(0, RULE.confirming_pairs - (n_pairs - contest.detected_at))
    if n_pairs < RULE.first_look:
        return RULE.first_look + RULE.pairs_between_looks - n_pairs
    differences = np.asarray(contest.differences)
    middle = float(np.median(differences))
    std = NORMAL_MAD * float(np.median(np.abs(differences - middle)))
    distance = abs(math.log1p(contest.margin) - abs(middle))
    needed = (RULE.clear_stds * RULE.estimate_stds * std / max(distance, 1e-9)) ** 2
    confirming = RULE.confirming_pairs if abs(middle) > math.log1p(contest.margin) else 0
    next_look = n_pairs + RULE.pairs_between_looks
    wanted = max(math.ceil(min(needed, most_pairs)) + confirming, next_look)
    return max(0, min(wanted, most_pairs) - n_pairs)
