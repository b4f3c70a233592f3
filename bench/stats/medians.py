"""Medians and low quantiles, and how well they are known."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist, median
from typing import TYPE_CHECKING

import numpy as np

from bench.stats.rule import RULE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.stats.location import Floats

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
