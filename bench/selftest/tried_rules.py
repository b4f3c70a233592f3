"""The rules that are tried on the same samples, and how often each of them is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Protocol, TypeAlias

import numpy as np
from scipy import stats

from bench.compare.paired import Rounds, process_time, replay
from bench.compare.rule import RULE as COMPARISON
from bench.compare.stored import judge
from bench.selftest.rule import RULE
from bench.stats.rule import RULE as STATISTICS
from bench.stats.verdict import Rates, Share, Verdict

#: Pairs of processes of identical code, in the order in which they were measured; the two of a
#: pair took turns.
Pool: TypeAlias = Sequence[tuple[Rounds, Rounds]]

# What a rule is, for all that are tried on the same samples.


@dataclass(frozen=True)
class Said:
    """What a rule says of one comparison.

    Attributes
    ----------
    same : bool
        It says that nothing has changed, and not only that nothing was found.
    used : int
        Pairs of the pool that the next comparison does not look at again.
    """

    slower: bool
    same: bool
    used: int


class Rule(Protocol):
    """A way to say whether a case is slower."""

    @property
    def name(self) -> str:
        """As in files."""

    @property
    def title(self) -> str:
        """For a person."""

    @property
    def source(self) -> str:
        """Where the rule is from."""

    def say(self, pool: Pool, slowdown: float) -> Said | None:
        """Compare, with the second side so much slower.

        Parameters
        ----------
        pool : sequence of pairs
            What is left of it.
        slowdown : float
            A share by which every time of the second side is made longer.

        Returns
        -------
        Said or None
            None where too little is left to decide.
        """


# The rules of this suite, as they are applied to what is measured.


@dataclass(frozen=True)
class Ab:
    """``bench ab``: pairs until it is clear, one after the other from the pool."""

    margin: float = STATISTICS.margin
    most_pairs: int = COMPARISON.most_pairs
    name: str = "ab"
    title: str = "bench ab"
    source: str = "bench.compare.paired"

    def say(self, pool: Pool, slowdown: float) -> Said | None:
        """Judge pairs until the case is decided."""
        differences = [
            math.log(process_time(second) * (1 + slowdown) / process_time(first))
            for first, second in pool[: self.most_pairs]
        ]
        decided = replay(differences, self.margin, self.most_pairs)
        if decided.verdict is Verdict.UNCLEAR and len(differences) < self.most_pairs:
            return None  # it would have had more pairs
        used = decided.n_pairs if decided.verdict is not Verdict.UNCLEAR else self.most_pairs
        return Said(decided.verdict is Verdict.SLOWER, decided.verdict is Verdict.SAME, used)


@dataclass(frozen=True)
class Compare:
    """``bench compare``: two runs of several processes, the second after the first.

    Attributes
    ----------
    processes : int
        Of each run.
    """

    margin: float = STATISTICS.margin
    processes: int = 5
    name: str = "compare"
    title: str = "bench compare (5 processes)"
    source: str = "bench.compare.stored"

    def say(self, pool: Pool, slowdown: float) -> Said | None:
        """Judge the first sides of some pairs against the second sides of the next."""
        n = self.processes
        if len(pool) < 2 * n:
            return None
        before = [[median(first.seconds) for first, _ in pool[:n]]]
        now = [[median(second.seconds) * (1 + slowdown) for _, second in pool[n : 2 * n]]]
        judged = judge(before, now, np.array([self.margin]))
        (verdict,) = judged.verdict
        slower = verdict is Verdict.SLOWER and bool(judged.confirmed[0])
        return Said(slower, verdict is Verdict.SAME, n)


# The rules of other tools, with their defaults, on the same samples.
#
# Each compares what it would have if its two runs were made one after the other: the first
# sides of some pairs, and the second sides of the pairs after them.


#: Of pytest-benchmark, in the example of its manual.
FAIL_AT = 0.05
#: Of asv continuous: a change by less is none; Mann and Whitney's test; two processes.
ASV_FACTOR, ASV_P, ASV_PROCESSES = 1.1, 0.002, 2
#: Of pyperf: 20 processes of 3 values each, Student's test at 95%.
PYPERF_PROCESSES, PYPERF_VALUES, PYPERF_CONFIDENCE = 20, 3, 0.95


@dataclass(frozen=True)
class PytestBenchmark:
    """``--benchmark-compare-fail=STATISTIC:5%``: one process against the next.

    Attributes
    ----------
    of : callable
        From the rounds to it.
    """

    statistic: str
    of: Callable[[Sequence[float]], float]
    source: str = "pytest_benchmark.utils.PercentageRegressionCheck"

    @property
    def name(self) -> str:
        """As in files."""
        return f"pytest-benchmark {self.statistic}:5%"

    @property
    def title(self) -> str:
        """For a person."""
        return self.name

    def say(self, pool: Pool, slowdown: float) -> Said | None:
        """Compare a statistic of two processes; a run has no more than one."""
        if len(pool) < 2:
            return None
        before = self.of(pool[0][0].seconds)
        now = self.of(pool[1][1].seconds) * (1 + slowdown)
        slower = bool(now > before * (1 + FAIL_AT))
        return Said(slower, not slower, 1)


@dataclass(frozen=True)
class Asv:
    """``asv continuous``: the ratio beyond a factor, and the samples told apart."""

    name: str = "asv continuous"
    title: str = "asv continuous (factor 1.1)"
    source: str = "asv.statistics.is_different, asv.commands.compare"

    def say(self, pool: Pool, slowdown: float) -> Said | None:
        """Compare the rounds of two processes with those of the next two."""
        n = ASV_PROCESSES
        if len(pool) < 2 * n:
            return None
        before = np.concatenate([first.seconds for first, _ in pool[:n]])
        now = np.concatenate([second.seconds for _, second in pool[n : 2 * n]])
        now = now * (1 + slowdown)
        apart = stats.mannwhitneyu(before, now, alternative="two-sided").pvalue < ASV_P
        slower = bool(apart and median(now) > ASV_FACTOR * median(before))
        return Said(slower, not slower, n)


@dataclass(frozen=True)
class Pyperf:
    """``pyperf compare_to``: Student's test on the values of 20 processes each."""

    name: str = "pyperf compare_to"
    title: str = "pyperf compare_to (20 processes)"
    source: str = "pyperf._utils.is_significant"

    def say(self, pool: Pool, slowdown: float) -> Said | None:
        """Compare the mean of three values of each process."""
        n = PYPERF_PROCESSES
        if len(pool) < 2 * n:
            return None
        before = _values([first for first, _ in pool[:n]])
        now = _values([second for _, second in pool[n : 2 * n]]) * (1 + slowdown)
        found = stats.ttest_ind(before, now, equal_var=True)
        apart = float(found.pvalue) < 1 - PYPERF_CONFIDENCE
        slower = apart and float(now.mean()) > float(before.mean())
        return Said(slower, not apart, n)


def _values(processes: Sequence[Rounds]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return three values of each process: the means of the thirds of its rounds."""
    return np.array(
        [
            float(np.mean(third))
            for one in processes
            for third in np.array_split(
                np.asarray(one.seconds), min(PYPERF_VALUES, len(one.seconds))
            )
        ]
    )


#: All of them, in the order in which they are shown.
OTHERS = (
    PytestBenchmark("mean", fmean),
    PytestBenchmark("min", min),
    PytestBenchmark("median", median),
    Asv(),
    Pyperf(),
)


# Tries a rule again and again on samples of identical code, and counts.


#: What is tried, in the order in which it is shown.
RULES: tuple[Rule, ...] = (Ab(), Compare(), *OTHERS)


@dataclass(frozen=True)
class Rated:
    """A rule on one case.

    Attributes
    ----------
    said : mapping of float to tuple of Said
        What it said in each comparison, by the injected slowdown; 0 is identical code.
    """

    rule: Rule
    case: str
    said: Mapping[float, tuple[Said, ...]]


def rate(rule: Rule, case: str, pool: Pool) -> Rated:
    """Try a rule on a case, identical and slowed down.

    A slowdown is injected by making every time of the second side longer by it, so that all
    rules, at all slowdowns, see the same samples.
    """
    slowdowns = (0.0, *RULE.slowdowns)
    tried = {slowdown: tuple(_tries(rule, pool, slowdown)) for slowdown in slowdowns}
    return Rated(rule, case, tried)


def _tries(rule: Rule, pool: Pool, slowdown: float) -> Iterator[Said]:
    """Compare one time after the other; no comparison uses what another has used."""
    begin = 0
    while (said := rule.say(pool[begin:], slowdown)) is not None:
        yield said
        begin += said.used


def together(rated: list[Rated], measured: str, path: str) -> Rates:
    """Sum what a rule said up over cases.

    Parameters
    ----------
    rated : list of Rated
        Of one rule; at least one.
    measured : str
        When, UTC.
    path : str
        The file of the samples.
    """
    identical = [said for one in rated for said in one.said[0.0]]
    return Rates(
        rule=rated[0].rule.name,
        measured=measured,
        path=path,
        false_slower=Share(sum(said.slower for said in identical), len(identical)),
        same=Share(sum(said.same for said in identical), len(identical)),
        found=tuple((slowdown, _found(rated, slowdown)) for slowdown in RULE.slowdowns),
    )


def _found(rated: list[Rated], slowdown: float) -> Share:
    said = [one for each in rated for one in each.said[slowdown]]
    return Share(sum(one.slower for one in said), len(said))
