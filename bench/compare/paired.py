"""What pairs of fresh processes say, and how many pairs a case gets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, pairwise
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.compare.rule import RULE
from bench.stats.medians import NORMAL_MAD, lower_quartile
from bench.stats.verdict import Verdict, benjamini_hochberg

Differences = Sequence[float] | NDArray[np.float64]

# By how much the second process of a pair was slower: turn by turn.
#
# What disturbs a round only ever makes it longer, and a neighbour on the other thread of a core
# makes it twice as long for some hundredths of a second: two processes that took turns met that
# machine alike where their turns were next to one another. So each turn is told by the lower
# quartile of its rounds, which leaves out most of what was disturbed and is not decided by a
# single fast round; and the pair by the median over the turns. In a noisy hour that halved the
# standard deviation of pairs, against that of the medians of all rounds.


class Rounds(NamedTuple):
    """The rounds of a case in one process.

    Attributes
    ----------
    seconds : sequence of float
        Of one iteration, for each round.
    turns : sequence of int
        How many of them there were in each turn; empty where that is not known.
    """

    seconds: Sequence[float]
    turns: Sequence[int] = ()

    def quartiles(self) -> list[float]:
        """Return the lower quartile of each turn that had rounds."""
        if sum(self.turns) != len(self.seconds):
            return [lower_quartile(self.seconds)]
        ends = [0, *accumulate(self.turns)]
        return [
            lower_quartile(self.seconds[begin:end])
            for begin, end in pairwise(ends)
            if end > begin
        ]


def difference(first: Rounds, second: Rounds) -> float:
    """Return by how much the second process of a pair was slower.

    Returns
    -------
    float
        The logarithm of the ratio of their times; NaN where a time is zero.
    """
    turns = list(zip(first.quartiles(), second.quartiles(), strict=False))
    if min(map(min, turns)) <= 0:
        return math.nan
    return median(math.log(now / before) for before, now in turns)


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


# Whether it lies beyond an edge, tested so that one may look after every pair.
#
# If the true difference is the edge, what lies above it is as likely as what lies as far below:
# differences are symmetric about it. So a bet on each pair that pays ``1 + c tanh(l (d -
# edge))`` is fair, whatever the distribution is else, and the capital that all bets so far
# have come to exceeds 1 / p, at whichever pair, with a probability of at most p (Ville 1939;
# betting as a test: Waudby-Smith & Ramdas 2024, *J. R. Statist. Soc. B* 86:1). Where the true
# difference is below the edge it is less likely still. Several stakes l share the capital,
# since noise decides which of them pays.
#
# That holds for any number of looks, where Wilcoxon's test, repeated, does not: of cases that
# had become slower by just the margin it called some 8 in 100 the same, in simulations.


def p_above(differences: Differences, edge: float, scale: float) -> float:
    """Test whether the second side is slower by more than so much.

    Parameters
    ----------
    differences : sequence of float
        As for `estimate`.
    edge : float
        Log ratio that is not exceeded if there is nothing to find.
    scale : float
        Log ratio that the stakes are shares of: the margin.

    Returns
    -------
    float
        So likely at most is it that pairs will ever say so much if there is nothing to find.
    """
    beyond = (np.asarray(differences, dtype=float) - edge) / scale
    bets = RULE.largest_bet * np.tanh(np.multiply.outer(RULE.stakes, beyond))
    # Logarithms: of many pairs the capital is more than a number holds.
    capital = np.logaddexp.reduce(np.sum(np.log1p(bets), axis=1)) - math.log(len(bets))
    return math.exp(-max(float(capital), 0.0))


# How many pairs a case gets: pairs until the answer is clear.
#
# After every two pairs from the sixth on, a case is looked at:
#
# - ``same`` when it lies within the margin, tested on both sides at 5%, and its interval does;
# - ``slower`` or ``faster`` when it lies beyond the margin, the false discovery rate over all
#   cases controlled (Benjamini & Hochberg 1995, *J. R. Statist. Soc. B* 57:289);
# - otherwise it gets more pairs, until there are no more to be had: ``unclear``.


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
    """

    margin: float
    differences: list[float] = field(default_factory=list)
    verdict: Verdict | None = None

    @property
    def n_pairs(self) -> int:
        """Pairs so far."""
        return len(self.differences)

    @property
    def is_noisy(self) -> bool:
        """Whether the pairs so far differ from one another by more than the margin."""
        if self.n_pairs < RULE.fewest_for_noise:
            return False
        return float(np.std(self.differences)) > math.log1p(self.margin)

    @property
    def estimate(self) -> PairedEstimate:
        """The ratio, from all pairs."""
        return estimate(self.differences)

    @property
    def is_due(self) -> bool:
        """Whether it is looked at now."""
        beyond = self.n_pairs - RULE.first_look
        return beyond >= 0 and beyond % RULE.pairs_between_looks == 0

    def p_values(self) -> tuple[float, float]:
        """Test for being slower, and for being faster, than the margin allows.

        1 where there is nothing to be found (any more).
        """
        if self.n_pairs < RULE.first_look or self.verdict is Verdict.SAME:
            return 1.0, 1.0
        edge = math.log1p(self.margin)
        opposite = [-one for one in self.differences]
        return p_above(self.differences, edge, edge), p_above(opposite, edge, edge)

    def is_same(self) -> bool:
        """Say whether it lies within the margin."""
        edge, found = math.log1p(self.margin), self.estimate
        if found.low < 1 / (1 + self.margin) or found.high > 1 + self.margin:
            return False
        opposite = [-one for one in self.differences]
        p = max(p_above(self.differences, -edge, edge), p_above(opposite, -edge, edge))
        return p <= 1.0 - RULE.confidence


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
        if one.is_same():
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
                one.verdict = verdict


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
    if n_pairs < RULE.first_look:
        return RULE.first_look + RULE.pairs_between_looks - n_pairs
    differences = np.asarray(contest.differences)
    middle = float(np.median(differences))
    std = NORMAL_MAD * float(np.median(np.abs(differences - middle)))
    distance = abs(math.log1p(contest.margin) - abs(middle))
    needed = (RULE.clear_stds * RULE.estimate_stds * std / max(distance, 1e-9)) ** 2
    next_look = n_pairs + RULE.pairs_between_looks
    wanted = max(math.ceil(min(needed, most_pairs)), next_look)
    return max(0, min(wanted, most_pairs) - n_pairs)
