"""The rules that are tried on the same samples, and how often each of them is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import stats

from bench.compare.paired import Rounds, difference, replay
from bench.compare.rule import RULE as COMPARISON
from bench.selftest.rule import RULE
from bench.stats.medians import Floats
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


@dataclass(frozen=True)
class Rule:
    """A way to say whether a case is slower.

    Attributes
    ----------
    name : str
        As in files.
    title : str
        For a person.
    say : callable
        Compares; takes what is left of a pool, and a share by which every time of the second
        side is made longer. Returns None where too little is left to decide.
    """

    name: str
    title: str
    say: Callable[[Pool, float], Said | None]


# The rule of ``bench ab``, as it is applied to what is measured, and those of other tools, with
# their defaults, on the same samples. ``bench compare`` is rated by whole runs: see
# ``bench.selftest.stored_runs``.
#
# All but ``bench ab``, which looks at pairs until it is clear, compare what they would have if
# two runs were made one after the other: the first sides of some pairs, and the second sides
# of the pairs after them.


#: Of pytest-benchmark, in the example of its manual.
FAIL_AT = 0.05
#: Of asv continuous: a change by less is none; Mann and Whitney's test; two processes.
ASV_FACTOR, ASV_P, ASV_PROCESSES = 1.1, 0.002, 2
#: Of pyperf: 20 processes of 3 values each, Student's test at 95%.
PYPERF_PROCESSES, PYPERF_VALUES, PYPERF_CONFIDENCE = 20, 3, 0.95

#: The seconds of the rounds of each process of a run.
Run: TypeAlias = Sequence[Floats]


def ab(pool: Pool, slowdown: float, most_pairs: int = COMPARISON.most_pairs) -> Said | None:
    """Judge pairs until the case is decided, as `bench.compare.paired` does."""
    differences = [
        difference(first, second) + math.log1p(slowdown) for first, second in pool[:most_pairs]
    ]
    decided = replay(differences, COMPARISON.margin, most_pairs)
    if decided.verdict is Verdict.UNCLEAR and len(differences) < most_pairs:
        return None  # it would have had more pairs
    used = decided.n_pairs if decided.verdict is not Verdict.UNCLEAR else most_pairs
    return Said(decided.verdict is Verdict.SLOWER, decided.verdict is Verdict.SAME, used)


def of_runs(
    n_processes: int, judged: Callable[[Run, Run], tuple[bool, bool]]
) -> Callable[[Pool, float], Said | None]:
    """Return what compares two runs of so many processes.

    Parameters
    ----------
    judged : callable
        Says of two runs whether the second is slower, and whether nothing has changed.
    """

    def say(pool: Pool, slowdown: float) -> Said | None:
        if len(pool) < 2 * n_processes:
            return None
        before = [np.asarray(first.seconds) for first, _ in pool[:n_processes]]
        later = pool[n_processes : 2 * n_processes]
        now = [np.asarray(second.seconds) * (1 + slowdown) for _, second in later]
        return Said(*judged(before, now), n_processes)

    return say


def pytest_benchmark(statistic: str, of: Callable[[Floats], float]) -> Rule:
    """Return ``--benchmark-compare-fail=STATISTIC:5%``: one process against the next.

    It is ``pytest_benchmark.utils.PercentageRegressionCheck``; a run has no more processes.
    """

    def judged(before: Run, now: Run) -> tuple[bool, bool]:
        slower = bool(of(now[0]) > of(before[0]) * (1 + FAIL_AT))
        return slower, not slower

    name = f"pytest-benchmark {statistic}:5%"
    return Rule(name, name, of_runs(1, judged))


def asv(before: Run, now: Run) -> tuple[bool, bool]:
    """Say whether the rounds are told apart, and their medians lie apart by a factor.

    As ``asv.statistics.is_different`` and ``asv.commands.compare``.
    """
    rounds, later = np.concatenate(before), np.concatenate(now)
    apart = stats.mannwhitneyu(rounds, later, alternative="two-sided").pvalue < ASV_P
    slower = bool(apart and np.median(later) > ASV_FACTOR * np.median(rounds))
    return slower, not slower


def pyperf(before: Run, now: Run) -> tuple[bool, bool]:
    """Compare three values of each process, the means of the thirds of its rounds.

    As ``pyperf._utils.is_significant``.
    """
    values, later = (
        np.array(
            [
                third.mean()
                for one in run
                for third in np.array_split(one, min(PYPERF_VALUES, len(one)))
            ]
        )
        for run in (before, now)
    )
    found = stats.ttest_ind(values, later, equal_var=True)
    apart = float(found.pvalue) < 1 - PYPERF_CONFIDENCE
    return apart and float(later.mean()) > float(values.mean()), not apart


#: What is tried, in the order in which it is shown.
RULES = (
    Rule("ab", "bench ab", ab),
    pytest_benchmark("mean", np.mean),
    pytest_benchmark("min", np.min),
    pytest_benchmark("median", np.median),
    Rule("asv continuous", "asv continuous (factor 1.1)", of_runs(ASV_PROCESSES, asv)),
    Rule(
        "pyperf compare_to",
        "pyperf compare_to (20 processes)",
        of_runs(PYPERF_PROCESSES, pyperf),
    ),
)


# Tries a rule again and again on samples of identical code, and counts.


def rates_of(rule: Rule, pools: Collection[Pool], measured: str, path: str) -> Rates:
    """Try a rule on cases, identical and slowed down.

    A slowdown is injected by making every time of the second side longer by it, so that all
    rules, at all slowdowns, see the same samples.

    Parameters
    ----------
    pools : collection of pools
        One for each case.
    measured : str
        When, UTC.
    path : str
        The file of the samples.
    """
    said = {
        slowdown: [one for pool in pools for one in tries(rule, pool, slowdown)]
        for slowdown in (0.0, *RULE.slowdowns)
    }
    slower = {
        slowdown: Share(sum(one.slower for one in tried), len(tried))
        for slowdown, tried in said.items()
    }
    return Rates(
        rule=rule.name,
        measured=measured,
        path=path,
        false_slower=slower.pop(0.0),
        same=Share(sum(one.same for one in said[0.0]), len(said[0.0])),
        found=tuple(slower.items()),
    )


def tries(rule: Rule, pool: Pool, slowdown: float) -> Iterator[Said]:
    """Compare one time after the other; no comparison uses what another has used."""
    begin = 0
    while (said := rule.say(pool[begin:], slowdown)) is not None:
        yield said
        begin += said.used
