"""Slow drift, told apart from steps.

The slope is the median of those between all pairs of runs, with an interval (Theil 1950,
*Indag. Math.* 12:85; Sen 1968, *J. Am. Stat. Assoc.* 63:1379). A series drifts where a line
describes it better than its steps do, by Schwarz's criterion (1978, *Ann. Stat.* 6:461), and
the slope is none that chance would give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import theilslopes

from bench.analyze.tracking.change_points import levels
from bench.analyze.tracking.spread import likeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.analyze.tracking.change_points import Step
    from bench.analyze.tracking.spread import Floats

#: A line through fewer runs says nothing.
FEWEST = 15
#: With which the interval of a slope has to exclude none: many series are looked at.
SURE = 0.999
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Slope:
    """A drift.

    Attributes
    ----------
    a_day, low, high : float
        Change of the logarithm in a day, with its interval at 95%.
    total : float
        Over all runs.
    """

    a_day: float
    low: float
    high: float
    total: float


def drift(logs: Floats, days: Floats, steps: Sequence[Step], margin: float) -> Slope | None:
    """Say whether a series drifts.

    Parameters
    ----------
    logs : ndarray, shape (n_runs,)
        All finite.
    days : ndarray, shape (n_runs,)
        When the runs were taken.
    steps : sequence of Step
        Found in it.
    margin : float
        Less in all is no drift; as a logarithm.

    Returns
    -------
    Slope or None
        None also where steps say it better.
    """
    if len(logs) < FEWEST or days[-1] <= days[0]:
        return None
    slope, middle, *_ = theilslopes(logs, days, SURE)
    line = middle + slope * days
    total = float(slope * (days[-1] - days[0]))
    if abs(total) <= margin or _criterion(logs, line, 2) >= _by_steps(logs, steps):
        return None
    alike = likeness((logs - line)[:, None])
    # What is alike counts for fewer runs, and the interval is wider by the root of that.
    widening = np.sqrt((1 + alike) / (1 - alike))
    sure = _ends(logs, days, SURE, slope, widening)
    if sure[0] * sure[1] <= 0:
        return None
    return Slope(float(slope), *_ends(logs, days, CONFIDENCE, slope, widening), total)


def _ends(
    logs: Floats, days: Floats, confidence: float, slope: float, widening: float
) -> tuple[float, float]:
    found = theilslopes(logs, days, confidence)
    low, high = (slope + widening * (end - slope) for end in (found[2], found[3]))
    return float(low), float(high)


def _by_steps(logs: Floats, steps: Sequence[Step]) -> float:
    places = [one.place for one in steps]
    return _criterion(logs, levels(logs, places), 1 + 2 * len(places))


def _criterion(logs: Floats, described: Floats, n_parameters: int) -> float:
    """Return Schwarz's criterion with absolute deviations, which one run moves little."""
    off = float(np.mean(np.abs(logs - described)))
    n = len(logs)
    return 2 * n * float(np.log(max(off, 1e-9))) + n_parameters * float(np.log(n))
