"""The rule for two stored runs: what the processes of both say of every case.

With d the difference of the mean logarithms of the processes' medians, s its standard error
and m the margin, a case is

- ``slower`` where d is above log(1 + m): Welch's one-sided test (Welch 1947, *Biometrika*
  34:28) at 2.5%, adjusted for how many cases are tested (Benjamini & Hochberg 1995, see
  `bench.analyze.verdicts.false_discovery`). A single case is slower exactly when its 95%
  interval lies beyond the margin;
- ``faster`` where -d is, by the same test;
- ``same`` where the 95% interval lies within the margin on both sides (the two one-sided tests
  of Schuirmann 1987, *J. Pharmacokinet. Biopharm.* 15:657, each at 2.5%);
- ``unclear`` else, and always where a side has one process: nothing is known then of how much
  processes differ.

A change is **confirmed** where it shows twice: the processes of both sides are split into an
earlier and a later half, and the ratio of each pair of halves is beyond the margin. With two
processes a half is one of them. It catches a single process that went astray and processes
that drifted; it is no second measurement, which only fresh processes are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr

from bench.analyze.comparing.ratios import LogMedians, log_medians, of_processes, welch
from bench.analyze.median import CONFIDENCE
from bench.analyze.verdicts.false_discovery import discovered
from bench.analyze.verdicts.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Booleans = NDArray[np.bool_]

#: Of each of the two one-sided tests, so that both together go with the interval.
LEVEL = (1 - CONFIDENCE) / 2


@dataclass(frozen=True)
class Judged:
    """What the rule says of many cases.

    Attributes
    ----------
    verdict : list of Verdict
    ratio, low, high : ndarray, shape (n_cases,)
        Seconds now over seconds before and its 95% interval; NaN where there is none.
    confirmed : ndarray of bool, shape (n_cases,)
        Of slower and faster ones: each half says so.
    alone : ndarray of bool, shape (n_cases,)
        The interval lies beyond the margin, whatever is said of the other cases.
    """

    verdict: list[Verdict]
    ratio: Floats
    low: Floats
    high: Floats
    confirmed: Booleans
    alone: Booleans


def judge(
    before: Sequence[Sequence[float]], now: Sequence[Sequence[float]], margins: Floats
) -> Judged:
    """Judge many cases together.

    Parameters
    ----------
    before, now : sequence of sequence of float
        For each case the median of every process, in the order in which they ran.
    margins : ndarray, shape (n_cases,)
        Shares.

    Returns
    -------
    Judged
    """
    base, side = log_medians(before), log_medians(now)
    edges = np.log1p(margins)
    slower = discovered(_p_beyond(side, base, edges), LEVEL)
    faster = discovered(_p_beyond(base, side, edges), LEVEL)
    found = of_processes(side, base)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.log(found.low), np.log(found.high)
    same = (low >= -edges) & (high <= edges)
    confirmed = _in_both_halves(before, now, edges)
    return Judged(
        verdict=[_verdict(*one) for one in zip(slower, faster, same, strict=True)],
        ratio=found.value,
        low=found.low,
        high=found.high,
        confirmed=(slower & confirmed[0]) | (faster & confirmed[1]),
        alone=(low > edges) | (high < -edges),
    )


def _verdict(slower: bool, faster: bool, same: bool) -> Verdict:
    if slower:
        return Verdict.SLOWER
    if faster:
        return Verdict.FASTER
    return Verdict.SAME if same else Verdict.UNCLEAR


def _p_beyond(side: LogMedians, base: LogMedians, edges: Floats) -> Floats:
    """Return how likely so long a time would be, were it no more than the edge above.

    NaN where a side has one process.
    """
    beyond = side.mean - base.mean - edges
    error, freedom = welch(side, base)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = stdtr(freedom, -beyond / error)
    # Medians that are all the same leave no doubt on which side of the edge they are.
    certain = np.where(beyond > 0, 0.0, 1.0)
    chosen: Floats = np.where(error == 0, certain, p)
    return chosen


def _in_both_halves(
    before: Sequence[Sequence[float]], now: Sequence[Sequence[float]], edges: Floats
) -> tuple[Booleans, Booleans]:
    """Say which cases each half of the processes shows to be slower, and which faster."""
    slower, faster = np.ones(len(edges), dtype=bool), np.ones(len(edges), dtype=bool)
    for earlier in (True, False):
        base, side = (
            log_medians([_half(medians, earlier=earlier) for medians in one])
            for one in (before, now)
        )
        change = side.mean - base.mean  # NaN without a process, which shows nothing
        slower &= change > edges
        faster &= change < -edges
    return slower, faster


def _half(medians: Sequence[float], *, earlier: bool) -> Sequence[float]:
    middle = len(medians) // 2
    return medians[:middle] if earlier else medians[middle:]
