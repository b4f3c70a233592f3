"""Verdicts: what is slower, faster, the same, unclear; and what they come to together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from bench.stats.rule import RULE

# Which of many tests count, so that few of those that do are false.
#
# Of 300 cases that are all the same, a test at 2.5% calls seven slower. Benjamini and
# Hochberg's step-up procedure holds the share of false ones among those that it picks, on
# average, below a limit (Benjamini & Hochberg 1995, *J. R. Stat. Soc. B* 57:289). It does so
# too where the tests depend on one another as those of one run do, which a busy machine makes
# slower all at once: positive regression dependency (Benjamini & Yekutieli 2001, *Ann.
# Statist.* 29:1165).


def benjamini_hochberg(p_values: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Say which tests count.

    Parameters
    ----------
    p_values : ndarray, shape (n_tests,)
        NaN for one that could not be made: it never counts, nor is it one of many.
    share : float
        Of false ones, at most, among those that count.

    Returns
    -------
    ndarray of bool, shape (n_tests,)
        Of a single test: whether its p-value is at most ``share``.
    """
    # Importing it takes as long as judging thousands of runs: not for every command.
    from scipy.stats import false_discovery_control  # noqa: PLC0415

    counts = np.zeros(len(p_values), dtype=bool)
    made = np.isfinite(p_values)
    if made.any():
        counts[made] = false_discovery_control(p_values[made], method="bh") <= share
    return counts


# How much a case may change and still be called the same.


@dataclass(frozen=True)
class Margins:
    """Margins by case.

    Attributes
    ----------
    default : float
        A share.
    patterns : tuple of (str, float)
        As a shell's, over the whole id of a case; the last that fits decides. The brackets
        of an id stand for themselves.
    """

    default: float = RULE.margin
    patterns: tuple[tuple[str, float], ...] = ()

    def of(self, name: str) -> float:
        """Return the margin of a case.

        Parameters
        ----------
        name : str
            Its id.
        """
        found = self.default
        for pattern, margin in self.patterns:
            if fnmatchcase(name, pattern.replace("[", "[[]")):
                found = margin
        return found


#: A change beyond so many percent is no longer told in digits.
MOST = 1000


def percent(share: float) -> str:
    """Write a share to two digits.

    Returns
    -------
    str
        ``4.2%``, ``-0.3%``, ``150%``, ``more than 1000%``.
    """
    if 100 * share >= MOST:
        return f"more than {MOST}%"
    return f"{float(f'{100 * share:.2g}'):g}%"


# The verdict of a case that was measured before and now.


class Verdict(str, Enum):
    """What is said of a case; never more than its numbers bear."""

    SLOWER = "slower"
    FASTER = "faster"
    SAME = "same"
    UNCLEAR = "unclear"
    """Measured, and not precise enough to tell."""
    UNTRUSTED = "untrusted"
    """Something disturbed the measurement: no claim is made."""
    NOT_COMPARABLE = "not comparable"
    """It is missing on a side, or did other work there."""


@dataclass(frozen=True)
class CaseVerdict:
    """What is said of one case, and why.

    Attributes
    ----------
    name : str
        Of the case: ``bench_epoch[…]``.
    reason : str
        One sentence.
    ratio : float or None
        Seconds now over seconds before: above 1 is slower. None where there is none.
    low, high : float or None
        Its interval.
    margin : float
        Changes up to this share are called the same.
    n_before, n_now : int
        Fresh processes, or runs where runs are the unit, that it rests on.
    confirmed : bool
        Other measurements than those that detected it show it too; of ``ab``, whose test
        allows for every look, all that are told.
    cause : str
        Of a change, where controls tell it: ``code``, ``machine (memory)``; else empty.
    fact : str
        What differs, of a case that is not comparable; else empty.
    """

    name: str
    verdict: Verdict
    reason: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    margin: float = 0.0
    n_before: int = 0
    n_now: int = 0
    confirmed: bool = False
    cause: str = ""
    fact: str = ""


# Steps and slow drift of a whole history.


@dataclass(frozen=True)
class Change:
    """A step in the history of a case, a kernel, or a part of the machine.

    Attributes
    ----------
    name : str
        ``machine: memory``, ``kernel numpy.closed_form, epoch``, or the case.
    last_before, first_after : datetime
        When the runs on both sides of it were taken, UTC.
    run : str
        The first run after it.
    ratio : float
        Seconds after it over seconds before: above 1 is slower.
    low, high : float
        Its interval.
    what_changed : tuple of str
        Facts of the two runs that differ: ``kernel: Linux 6.1 and Linux 6.8``.
    """

    name: str
    last_before: datetime
    first_after: datetime
    run: str
    ratio: float
    low: float
    high: float
    what_changed: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The change in one sentence."""
        facts = "; ".join(self.what_changed) or "no fact that the runs tell"
        return (
            f"{self.name}: {_percent(self.ratio, self.low, self.high)} since "
            f"{self.first_after:%Y-%m-%d %H:%M} ({self.run}). Changed between the two runs: "
            f"{facts}."
        )


@dataclass(frozen=True)
class Drift:
    """A slow change without a step.

    Attributes
    ----------
    since : datetime
        The first run that shows it.
    ratio_a_month : float
        Seconds after 30 days over seconds before.
    low, high : float
        Its interval.
    ratio : float
        Over all of it.
    """

    name: str
    since: datetime
    n_runs: int
    ratio_a_month: float
    low: float
    high: float
    ratio: float

    @property
    def sentence(self) -> str:
        """The drift in one sentence."""
        return (
            f"{self.name}: {_percent(self.ratio_a_month, self.low, self.high)} a month, with "
            f"no step, over {self.n_runs} runs since {self.since:%Y-%m-%d}: "
            f"{_percent(self.ratio)} in all."
        )


def _percent(ratio: float, low: float | None = None, high: float | None = None) -> str:
    """Write ``5.1% slower (4.2% to 6%)``."""
    sign = 1 if ratio >= 1 else -1
    word = "slower" if sign > 0 else "faster"
    told = percent(sign * (ratio - 1))
    if low is None or high is None:
        return f"{told} {word}"
    ends = sorted(sign * (one - 1) for one in (low, high))
    return f"{told} {word} ({percent(ends[0])} to {percent(ends[1])})"


# All verdicts of one comparison, and what they come to.


class Outcome(IntEnum):
    """What all verdicts come to; the value is the exit code of the command that says so."""

    NONE_SLOWER = 0
    SLOWER = 1
    UNCLEAR = 3
    NOTHING = 4


#: No claim is made of such a case.
UNDECIDED = (Verdict.UNCLEAR, Verdict.UNTRUSTED, Verdict.NOT_COMPARABLE)


@dataclass(frozen=True)
class Judgement:
    """What a comparison says.

    Attributes
    ----------
    kind : {'ab', 'compare', 'track'}
        By which rule it was judged.
    before, now : str
        What is compared with what, for a person.
    conditions : str
        Under which the verdicts hold, for a person; empty for those of the runs.
    cases : tuple of CaseVerdict
        Every case of either side; those that only ``now`` has are in `added` instead.
    added : tuple of str
        Cases that only ``now`` has: they are listed, and decide nothing.
    machine : tuple of CaseVerdict
        Of the machine itself, by what its controls measure: ``memory``, ``arithmetic`` …;
        empty where that is not judged.
    warnings : tuple of str
        A sentence each.
    forced : bool
        What can't be compared was compared all the same, since it was asked for.
    rates : Rates or None
        How often this rule is wrong on this machine; None where nobody has measured it.
    sources : tuple of str
        Files that the numbers come from.
    changes : tuple of Change
        Steps over the whole history, the newest first; they decide nothing.
    drifts : tuple of Drift
        Slow changes over it; they decide nothing.
    """

    kind: str
    before: str
    now: str
    cases: tuple[CaseVerdict, ...]
    added: tuple[str, ...] = ()
    machine: tuple[CaseVerdict, ...] = ()
    warnings: tuple[str, ...] = ()
    forced: bool = False
    rates: Rates | None = None
    sources: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    drifts: tuple[Drift, ...] = ()
    conditions: str = ""

    def count(self, verdict: Verdict) -> int:
        """Count the cases of a verdict."""
        return sum(one.verdict is verdict for one in self.cases)

    @property
    def outcome(self) -> Outcome:
        """What the verdicts come to.

        A case that is slower and confirmed decides. Without one, a case that is missing
        now, or that nothing can be said of, keeps the whole from passing: a set that was
        renamed, or lost half of its cases, is never called fine.
        """
        told = (*self.cases, *self.machine)
        if all(one.verdict is Verdict.NOT_COMPARABLE for one in self.cases):
            return Outcome.NOTHING
        if any(one.verdict is Verdict.SLOWER and one.confirmed for one in told):
            return Outcome.SLOWER
        if any(one.verdict in UNDECIDED or one.verdict is Verdict.SLOWER for one in told):
            return Outcome.UNCLEAR
        return Outcome.NONE_SLOWER


COMPARISONS = "comparisons"


# How often a rule is wrong on a machine.


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share; NaN of none."""
        return self.count / self.of if self.of else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Its interval at 95% (Clopper & Pearson 1934, *Biometrika* 26:404)."""
        if not self.of:
            return 0.0, 1.0
        count, rest = self.count, self.of - self.count
        tail = (1.0 - RULE.confidence) / 2
        low = float(betaincinv(count, rest + 1, tail)) if count else 0.0
        high = float(betaincinv(count + 1, rest, 1.0 - tail)) if rest else 1.0
        return low, high


@dataclass(frozen=True)
class Rates:
    """How often a rule is wrong, and how often it finds what is there.

    Attributes
    ----------
    rule : str
        ``ab``, ``compare``, or the name of another tool's.
    measured : str
        When, UTC.
    path : str
        The file that holds the samples.
    false_slower : Share
        Comparisons of identical code that were called slower.
    same : Share
        Those that were called the same.
    found : tuple of (float, Share)
        For injected slowdowns, each a share of the time: how many were called slower.
    unit : str
        What is counted.
    """

    rule: str
    measured: str
    path: str
    false_slower: Share
    same: Share
    found: Sequence[tuple[float, Share]] = ()
    unit: str = COMPARISONS
