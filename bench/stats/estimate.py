"""A number and the interval that it is known to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.stats.rule import RULE


@dataclass(frozen=True)
class Estimate:
    """A quantity with its 95% interval.

    Attributes
    ----------
    value : float
        The best estimate.
    low, high : float
        Bounds. Where the data bound it from one side only, ``low`` is 0 ("at most
        ``high``") or ``high`` is infinite ("at least ``low``").
    """

    value: float
    low: float
    high: float


def from_draws(value: float, draws: NDArray[np.float64]) -> Estimate:
    """Put the interval that the draws of a quantity give round its best estimate.

    Parameters
    ----------
    value : float
        What the best fit gives.
    draws : ndarray, shape (n_draws,)
        The quantity of each draw of the fit's parameters; infinite ones are allowed.

    Returns
    -------
    Estimate
        From quantiles with equal shares on both sides, and never without the value itself.
    """
    tail = (1.0 - RULE.confidence) / 2
    # An order statistic: between infinite draws there is nothing to interpolate.
    low, high = np.quantile(draws, [tail, 1.0 - tail], method="inverted_cdf")
    return Estimate(float(value), min(float(low), float(value)), max(float(high), float(value)))
