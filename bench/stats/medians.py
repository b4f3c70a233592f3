"""Medians and low quantiles, and how well they are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist, median

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from bench.stats.rule import RULE

Floats = NDArray[np.float64]

# How well a median is known: its distribution-free interval from order statistics.
#
# Of n independent values the number that lie below the true median is binomial(n, 1/2), so
# ``x_(k) … x_(n + 1 - k)`` of the sorted values holds the median with probability
# ``1 - 2 P(binomial(n, 1/2) < k)``, whatever the distribution (David & Nagaraja 2003, *Order
# Statistics*, 3rd ed., section 7.1; it is also what Le Boudec 2010, *Performance Evaluation of
# Computer and Communication Systems*, section 2.2, recommends for timings).
#
# Rounds of one process are correlated, so for them the interval is too tight: it says how well
# this process's median is known, not what another process would give.


@lru_cache(maxsize=4096)
def lower_rank(n: int, confidence: float = RULE.confidence) -> int | None:
    """Return the rank, from 1, of the value that the interval begins with.

    Parameters
    ----------
    n : int
        Number of values.
    confidence : float
        At least this is the probability that the interval holds the median.

    Returns
    -------
    int or None
        The largest rank that is low enough; None where even the smallest and the largest
        value do not suffice: below six values at 95%.
    """
    allowed = (1.0 - confidence) / 2
    if n >= RULE.normal_from:
        return math.floor((n + NormalDist().inv_cdf(allowed) * math.sqrt(n)) / 2)
    term, below = 0.5**n, 0.0
    for rank in range(n + 1):
        below += term  # P(binomial(n, 1/2) <= rank)
        if below > allowed:
            return rank or None
        term *= (n - rank) / (rank + 1)
    return None


def median_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return an interval that holds the median of what the values were drawn from.

    Parameters
    ----------
    values : sequence of float
        In any order.

    Returns
    -------
    tuple of float, or None
        None where there are too few values.
    """
    rank = lower_rank(len(values))
    if rank is None:
        return None
    ordered = sorted(values)
    return ordered[rank - 1], ordered[-rank]


def relative_half_width(values: Sequence[float]) -> float:
    """Return half the width of the median's interval, as a share of the median.

    Parameters
    ----------
    values : sequence of float
        Positive.

    Returns
    -------
    float
        Infinite where there are too few values for an interval.
    """
    interval = median_interval(values)
    if interval is None:
        return math.inf
    middle = median(values)
    return (interval[1] - interval[0]) / 2 / middle if middle > 0 else math.inf


# Low quantiles: what a round takes that nothing has disturbed.
#
# What disturbs a round only ever makes it longer. The lower quartile is steady with few
# rounds; the fifth percentile is where most rounds are disturbed, and the few that are not
# tell.


def lower_quartile(values: Sequence[float]) -> float:
    """Return the value below which a quarter lies; as `quantile`."""
    return quantile(values, 0.25)


def fifth_percentile(values: Sequence[float]) -> float:
    """Return the value below which a twentieth lies; as `quantile`."""
    return quantile(values, 0.05)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share lies.

    Parameters
    ----------
    values : sequence of float
        At least one.
    share : float
        From 0 to 1.

    Returns
    -------
    float
        Between two of them in proportion (definition 7 of Hyndman & Fan 1996, *Am. Stat.*
        50:361), as ``numpy.quantile`` does, which takes longer for a list than all else.
    """
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    part = place - below
    return ordered[below] * (1 - part) + ordered[above] * part


# The weighted median of the values that there are.


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """Return the weighted median of each row, between the two values where it lies.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_values)
        NaN where there is none; each row has at least one.
    weights : ndarray, shape (n_values,)
        Where none is above zero, all count alike.

    Returns
    -------
    ndarray, shape (n_rows,)
    """
    order = np.argsort(values, axis=1)  # NaN comes last
    ordered = np.take_along_axis(values, order, axis=1)
    weight = np.where(np.isfinite(ordered), weights[order], 0.0)
    if not weight.any():
        return np.nanmedian(values, axis=1)
    share = np.cumsum(weight, axis=1) - weight / 2
    share /= np.sum(weight, axis=1, keepdims=True)
    share[~np.isfinite(ordered)] = np.inf
    after = np.argmax(share >= 0.5, axis=1)
    before = np.maximum(after - 1, 0)
    rows = np.arange(len(values))
    low, high = share[rows, before], share[rows, after]
    part = np.where(high > low, (0.5 - low) / np.where(high > low, high - low, 1.0), 1.0)
    part = np.where(np.isfinite(part), np.clip(part, 0.0, 1.0), 0.0)
    median: Floats = (1 - part) * ordered[rows, before] + part * np.nan_to_num(
        ordered[rows, after]
    )
    return median


#: The standard deviation of a normal distribution over its median absolute deviation.
NORMAL_MAD = 1.4826


#: The variance of the trimmed mean of so many normal values, over theirs divided by their
#: number.
VARIANCE_OF_LEVEL = 1.15


# Levels and standard deviations of the earlier runs of many series, whatever one run did.
#
# Of n values the g = 0.2 n lowest and highest are set to the next one (winsorised); the
# standard deviation of what results is divided by what it would be for a normal distribution,
# and the middle h = n - 2 g are averaged. The two go together as a mean and a standard
# deviation do, with h - 1 degrees of freedom (Tukey & McLaughlin 1963, *Sankhya* A 25:331;
# Yuen 1974, *Biometrika* 61:165), and a run that was disturbed moves neither.


@dataclass(frozen=True)
class Earlier:
    """What earlier runs say of each series.

    Attributes
    ----------
    n : ndarray of float, shape (n_series,)
        Runs that have it.
    level : ndarray, shape (n_series,)
        Where they lie, as a logarithm; NaN without any.
    std : ndarray, shape (n_series,)
        Standard deviation of one run, of logarithms; NaN below two. At least what it is once
        that which is usual counts too.
    raw_std : ndarray, shape (n_series,)
        The same by these runs alone.
    dof : ndarray, shape (n_series,)
        Degrees of freedom of the standard deviation.
    """

    n: Floats
    level: Floats
    std: Floats
    raw_std: Floats
    dof: Floats


def earlier(logs: Floats, min_std: float = 0.0, usual_std: Floats | None = None) -> Earlier:
    """Sum up earlier runs.

    Parameters
    ----------
    logs : ndarray, shape (n_runs, n_series)
        Logarithms of seconds; NaN where a run lacks a series.
    usual_std : ndarray, shape (n_series,), optional
        The standard deviation of each that is known without any run; NaN, or nothing: that of
        all.
    """
    ordered = np.sort(logs, axis=0)  # NaN comes last
    n = np.sum(np.isfinite(logs), axis=0)
    cut = np.floor(RULE.trimmed_share * n).astype(int)
    rank = np.arange(len(logs))[:, None]
    inside = (rank >= cut) & (rank < n - cut)
    left = n - 2 * cut
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.sum(np.where(inside, ordered, 0.0), axis=0) / left
        squares = np.where(rank < n, (_winsorised(ordered, cut, n) - level) ** 2, 0.0)
        std = np.sqrt(np.sum(squares, axis=0) / (n - 1) / _of_normal(cut / np.maximum(n, 1)))
    known = (n > 1) & (left > 1)
    dof = np.maximum(left - 1.0, 1.0)
    raw_std = np.where(known, std, np.nan)
    std = _moderated(raw_std, dof, usual_std)
    return Earlier(
        n=n.astype(float),
        level=np.where(n > 0, level, np.nan),
        std=np.where(known, np.maximum(std, min_std), np.nan),
        raw_std=np.maximum(raw_std, min_std),
        dof=dof,
    )


def _winsorised(ordered: Floats, cut: NDArray[np.intp], n: NDArray[np.intp]) -> Floats:
    """Set the lowest and the highest values of each column to the next one."""
    if not len(ordered):
        return ordered
    column = np.arange(ordered.shape[1])
    low = ordered[np.minimum(cut, len(ordered) - 1), column]
    high = ordered[np.maximum(n - cut - 1, 0), column]
    return np.clip(ordered, low, high)


def _moderated(std: Floats, dof: Floats, known: Floats | None) -> Floats:
    """Widen standard deviations that are small by luck.

    Of many series some have runs that happen to lie close together. Each is at least what
    it is once the usual one of all series counts like some more runs (the moderated
    variance of Smyth 2004, *Stat. Appl. Genet. Mol. Biol.* 3:3).
    """
    if not np.isfinite(std).any():
        return std
    usual: Floats = np.full(len(std), np.nanmedian(std))
    if known is not None:
        usual = np.where(np.isfinite(known), known, usual)
    moderated = np.sqrt((RULE.usual_runs * usual**2 + dof * std**2) / (RULE.usual_runs + dof))
    widened: Floats = np.maximum(std, moderated)
    return widened


def _of_normal(share: Floats) -> Floats:
    """Return the variance of a normal distribution with so much winsorised on each side."""
    q = -ndtri(np.maximum(share, 1e-12))
    density = np.exp(-(q**2) / 2) / np.sqrt(2 * np.pi)
    variance: Floats = (1 - 2 * share) - 2 * q * density + 2 * share * q**2
    return np.where(share > 0, variance, 1.0)


def lag1_autocorrelation(logs: Floats) -> float:
    """Return the autocorrelation of two runs in succession, over all series together.

    Parameters
    ----------
    logs : ndarray, shape (n_runs, n_series)
        Earlier runs, in the order in which they were taken.

    Returns
    -------
    float
        Median over the series of the correlation of ranks of successive runs, from 0 to
        `Rule.max_autocorrelation`.
    """
    whole = logs[:, np.all(np.isfinite(logs), axis=0)]
    if len(whole) < 4 or not whole.shape[1]:
        return 0.0
    ranks = np.argsort(np.argsort(whole, axis=0), axis=0).astype(float)
    ranks -= ranks.mean(axis=0)
    total = np.sum(ranks**2, axis=0)
    successive = np.sum(ranks[1:] * ranks[:-1], axis=0) / total
    # Of n independent values it is -1 / n on average.
    return float(np.clip(np.median(successive) + 1 / len(whole), 0.0, RULE.max_autocorrelation))
