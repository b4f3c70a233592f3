"""How well a median is known: its distribution-free interval from order statistics.

Of n independent values the number that lie below the true median is binomial(n, 1/2), so
``x_(k) … x_(n + 1 - k)`` of the sorted values holds the median with probability
``1 - 2 P(binomial(n, 1/2) < k)``, whatever the distribution (David & Nagaraja 2003, *Order
Statistics*, 3rd ed., section 7.1; it is also what Le Boudec 2010, *Performance Evaluation of
Computer and Communication Systems*, section 2.2, recommends for timings).

Rounds of one process are correlated, so for them the interval is too tight: it says how well
this process's median is known, not what another process would give.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist, median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE = 0.95
#: From here on the normal approximation, which is off by a rank at most: 2^-n underflows.
LARGE = 1000


@lru_cache(maxsize=4096)
def lower_rank(n: int, confidence: float = CONFIDENCE) -> int | None:
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
    if n >= LARGE:
        return math.floor((n + NormalDist().inv_cdf(allowed) * math.sqrt(n)) / 2)
    term, below = 0.5**n, 0.0
    for rank in range(n + 1):
        below += term  # P(binomial(n, 1/2) <= rank)
        if below > allowed:
            return rank or None
        term *= (n - rank) / (rank + 1)
    return None


def median_interval(
    values: Sequence[float], confidence: float = CONFIDENCE
) -> tuple[float, float] | None:
    """Return an interval that holds the median of what the values were drawn from.

    Parameters
    ----------
    values : sequence of float
        In any order.
    confidence : float

    Returns
    -------
    tuple of float, or None
        None where there are too few values.
    """
    rank = lower_rank(len(values), confidence)
    if rank is None:
        return None
    ordered = sorted(values)
    return ordered[rank - 1], ordered[-rank]


def relative_half_width(values: Sequence[float], confidence: float = CONFIDENCE) -> float:
    """Return half the width of the median's interval, as a share of the median.

    Parameters
    ----------
    values : sequence of float
        Positive.
    confidence : float

    Returns
    -------
    float
        Infinite where there are too few values for an interval.
    """
    interval = median_interval(values, confidence)
    if interval is None:
        return math.inf
    middle = median(values)
    return (interval[1] - interval[0]) / 2 / middle if middle > 0 else math.inf
