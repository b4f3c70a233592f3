"""How many times the baseline's time a case takes, and how well that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from bench.compare.rule import RULE
from bench.stats.medians import Floats
from bench.store.facts import baseline_positions

# How many times the baseline's time a case takes, and how well that is known.
#
# A ratio is **seconds of the side over seconds of the baseline**: above 1 the side is slower.
#
# Where both sides were timed in several processes, the ratio is that of the geometric means
# of the processes' medians, and its interval Welch's for the difference of two means with
# unequal variances (Welch 1947, *Biometrika* 34:28; degrees of freedom after Satterthwaite
# 1946, *Biometrics Bulletin* 2:110), taken of the medians' logarithms::
#
#     d = mean(log side) - mean(log base)      s^2 = v_side / n_side + v_base / n_base
#     ratio = exp(d),  interval exp(d - t s) to exp(d + t s)
#
# With two processes on a side Satterthwaite's degrees of freedom are too many (where that side
# is the more restless, the interval holds with 90%), so there they are one, the fewest that
# are possible, which holds with at least 95% (Mickey & Brown 1966, *Ann. Math. Statist.*
# 37:639). Value and interval belong together: both are of d. The pooled rounds are not used,
# because rounds of one process share its memory layout and clocks; as if they were
# independent, they would give an interval that another process leaves at once (Kalibera &
# Jones 2013, *Rigorous benchmarking in reasonable time*, ISMM). Logarithms make the interval
# of the inverse the inverse of the interval.
#
# Elsewhere the ratio is that of the medians, and the interval is put together from theirs,
# ``l`` to ``u``, in quadrature of the logarithmic distances that matter on each side (Zou &
# Donner 2008, *Statistics in Medicine* 27:1693)::
#
#     low  = exp(d - sqrt(log(m / l)_side^2 + log(u / m)_base^2))
#     high = exp(d + sqrt(log(u / m)_side^2 + log(m / l)_base^2))
#
# That is what the rounds of these two processes say. It is too narrow for what two others
# would, and called ``rounds`` so that a reader knows.


PROCESSES, ROUNDS, NONE, BASELINE = "processes", "rounds", "none", "baseline"


@dataclass(frozen=True)
class LogMedians:
    """The logarithms of the processes' medians, for many cases at once.

    Attributes
    ----------
    n : ndarray, shape (n_cases,)
        Processes.
    mean, variance : ndarray, shape (n_cases,)
        Of the logarithms; the variance over ``n - 1``, NaN for a single process.
    """

    n: Floats
    mean: Floats
    variance: Floats

    def __getitem__(self, at: NDArray[np.intp]) -> LogMedians:
        """Pick cases, in this order."""
        return LogMedians(self.n[at], self.mean[at], self.variance[at])


@dataclass(frozen=True)
class Intervals:
    """Seconds, or ratios, of many cases with their intervals at 95%.

    Attributes
    ----------
    value, low, high : ndarray, shape (n_cases,)
        NaN where there is none.
    """

    value: Floats
    low: Floats
    high: Floats

    def __getitem__(self, at: NDArray[np.intp]) -> Intervals:
        """Pick cases, in this order."""
        return Intervals(self.value[at], self.low[at], self.high[at])


def log_medians(process_seconds: Sequence[Sequence[float]]) -> LogMedians:
    """Take the logarithms of the processes' medians together, case by case.

    Parameters
    ----------
    process_seconds : sequence of sequence of float
        For each case the median of every process; none for a case that does not tell. A
        time that is not above zero has no logarithm: its case has no mean.
    """
    n = np.array([len(medians) for medians in process_seconds], dtype=np.int64)
    flat = np.fromiter(chain.from_iterable(process_seconds), float, count=int(n.sum()))
    logs = np.log(np.where(flat > 0, flat, np.nan))
    case = np.repeat(np.arange(len(n)), n)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(case, weights=logs, minlength=len(n)) / n
        squares = np.bincount(case, weights=(logs - mean[case]) ** 2, minlength=len(n))
        variance = np.where(n > 1, squares / (n - 1), np.nan)
    return LogMedians(n.astype(float), mean, variance)


def of_processes(side: LogMedians, base: LogMedians) -> Intervals:
    """Compare cases that were timed in several processes on both sides.

    Parameters
    ----------
    side, base : LogMedians
        Of the same cases in the same order.

    Returns
    -------
    Intervals
        Without an interval where a side has one process.
    """
    return intervals(side.mean - base.mean, *welch(side, base))


def intervals(difference: Floats, error: Floats, dof: Floats) -> Intervals:
    """Return ratios from the differences of mean logarithms, by Student's t.

    Parameters
    ----------
    difference, error, dof : ndarray, shape (n_cases,)
        With the standard error and its degrees of freedom.
    """
    with np.errstate(invalid="ignore"):
        t = stdtrit(dof, 0.5 + RULE.confidence / 2)
    # Medians that are all the same leave nothing to the interval, and 0 / 0 to its dof.
    width = np.where(error == 0, 0.0, t * error)
    return Intervals(np.exp(difference), np.exp(difference - width), np.exp(difference + width))


def welch(side: LogMedians, base: LogMedians) -> tuple[Floats, Floats]:
    """Say how well the difference of two means is known, where variances may differ.

    Parameters
    ----------
    side, base : LogMedians
        Of the same cases in the same order.

    Returns
    -------
    error, dof : ndarray, shape (n_cases,)
        Standard error of ``side.mean - base.mean`` and its degrees of freedom; NaN where a
        side has one process, and the dof where all medians are the same.
    """
    of_side, of_base = side.variance / side.n, base.variance / base.n
    total = of_side + of_base
    with np.errstate(divide="ignore", invalid="ignore"):
        dof = total**2 / (of_side**2 / (side.n - 1) + of_base**2 / (base.n - 1))
    return np.sqrt(total), np.where(np.minimum(side.n, base.n) > RULE.few_processes, dof, 1.0)


def of_pairs(before: Sequence[float], now: Sequence[float]) -> tuple[float, float]:
    """Say how well the mean of the differences of pairs is known: its error and its dof.

    Parameters
    ----------
    before, now : sequence of float
        Seconds of a process each, those of a pair at the same place; at least two.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(now) - np.log(before)
        error = float(np.std(logs, ddof=1) / np.sqrt(len(logs)))
    return error, len(logs) - 1.0


def of_rounds(side: Intervals, base: Intervals) -> Intervals:
    """Compare cases by the intervals that their rounds give.

    Parameters
    ----------
    side, base : Intervals
        Of the same cases in the same order.

    Returns
    -------
    Intervals
        At 95%, as if the rounds were all there is to differ.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(side.value / base.value)
        down = np.hypot(np.log(side.value / side.low), np.log(base.high / base.value))
        up = np.hypot(np.log(side.high / side.value), np.log(base.value / base.low))
        value = np.where(np.isfinite(log_ratio), np.exp(log_ratio), np.nan)
        low, high = np.exp(log_ratio - down), np.exp(log_ratio + up)
    known = np.isfinite(low) & np.isfinite(high) & np.isfinite(value) & (low > 0)
    return Intervals(value, np.where(known, low, np.nan), np.where(known, high, np.nan))


# Every case beside its baseline: the ratio, the intervals, and where each comes from.


#: What a list of medians may be, by who read it.
LISTS = (list, tuple, np.ndarray)


def with_ratios(rows: pd.DataFrame) -> pd.DataFrame:
    """Add every ratio, the interval of every time, and where each comes from.

    Parameters
    ----------
    rows : DataFrame
        Cases of all sides with ``key`` and ``side``; every key is on the side 0.

    Returns
    -------
    DataFrame
        With the computed columns of ``Comparison.rows``.
    """
    columns = ("seconds", "seconds_low", "seconds_high", "between_low", "between_high")
    numbers = rows.reindex(columns=list(columns)).to_numpy(dtype=float, na_value=np.nan)
    seconds, low, high, between_low, between_high = numbers.T
    of_processes = np.isfinite(between_low) & np.isfinite(between_high)
    of_rounds = np.isfinite(low) & np.isfinite(high)
    base = baseline_positions(rows)
    value, value_low, value_high, basis = _ratios(rows, seconds, low, high, base)
    result: pd.DataFrame = rows.assign(
        seconds=seconds,
        low=np.where(of_processes, between_low, low),
        high=np.where(of_processes, between_high, high),
        basis=np.select([of_processes, of_rounds], [PROCESSES, ROUNDS], NONE),
        ratio=value,
        ratio_low=value_low,
        ratio_high=value_high,
        ratio_basis=basis,
        untrusted=rows["untrusted"].isin([True]) if "untrusted" in rows else False,
    )
    return result


def _ratios(
    rows: pd.DataFrame,
    seconds: NDArray[Any],
    low: NDArray[Any],
    high: NDArray[Any],
    base: NDArray[Any],
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Compare every row with its baseline's: by processes where both sides have several."""
    times = Intervals(seconds, low, high)
    by_rounds = of_rounds(times, times[base])
    medians = log_medians(_process_seconds(rows))
    by_processes = of_processes(medians, medians[base])
    better = np.isfinite(by_processes.low)
    own = rows["side"].to_numpy() == 0
    value, value_low, value_high = (
        np.where(better, one, another)
        for one, another in (
            (by_processes.value, by_rounds.value),
            (by_processes.low, by_rounds.low),
            (by_processes.high, by_rounds.high),
        )
    )
    basis = np.select(
        [own, better, np.isfinite(value_low)], [BASELINE, PROCESSES, ROUNDS], NONE
    )
    nothing = np.where(own, np.nan, 0.0)  # a time has no interval against itself
    return np.where(own, 1.0, value), value_low + nothing, value_high + nothing, basis


def _process_seconds(rows: pd.DataFrame) -> list[Sequence[float]]:
    """Return the processes' medians of every row, none where the row does not tell."""
    if "process_seconds" not in rows:
        return [()] * len(rows)
    return [
        one if isinstance(one, LISTS) else ()  # type: ignore[misc]
        for one in rows["process_seconds"]
    ]
