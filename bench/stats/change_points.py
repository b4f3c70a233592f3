"""Steps in a long series, and slow drift told apart from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter
from scipy.special import stdtr, stdtrit
from scipy.stats import theilslopes

from bench.stats import medians
from bench.stats.medians import Floats
from bench.stats.rule import RULE

# Steps in a long series: where, how large, how sure.
#
# Steps are searched by optimal partitioning (Jackson et al. 2005, *IEEE Signal Process. Lett.*
# 12:105), after single runs that stand out were brought back to their neighbours. What it finds
# is kept only where the runs on both sides differ by more than the margin, beyond chance.


@dataclass(frozen=True)
class Step:
    """A step.

    Attributes
    ----------
    place : int
        The first run after it.
    size, low, high : float
        Logarithm of seconds after over seconds before, with its interval at 95%.
    """

    place: int
    size: float
    low: float
    high: float


def steps(logs: Floats, margin: float) -> tuple[Step, ...]:
    """Find the steps of a series.

    Parameters
    ----------
    logs : ndarray, shape (n_runs,)
        In order, all finite.
    margin : float
        Smaller steps are none; as a logarithm.
    """
    if len(logs) < 2 * RULE.shortest_segment:
        return ()
    smooth = _without_outliers(logs)
    noise = medians.NORMAL_MAD * np.median(np.abs(np.diff(smooth))) / np.sqrt(2)
    signal = smooth / max(noise, RULE.min_step_noise)
    places = partition(signal, RULE.shortest_segment, RULE.step_price * np.log(len(logs)))
    while places:
        rho = medians.lag1_autocorrelation((smooth - levels(smooth, places))[:, None])
        found = [_measured(logs, places, n, rho, margin) for n in range(len(places))]
        worst = int(np.argmax([p for _, p in found]))
        if found[worst][1] * len(logs) <= RULE.max_p_step:
            return tuple(step for step, _ in found)
        places.pop(worst)
    return ()


def partition(signal: Floats, shortest: int, price: float) -> list[int]:
    """Cut a series where the squares of distances from the segments' means are smallest.

    Parameters
    ----------
    shortest : int
        Segment, in values.
    price : float
        Of each cut: so much the squares must become smaller by it.

    Returns
    -------
    list of int
        Where each segment but the first begins, ascending.
    """
    n = len(signal)
    total = np.concatenate([[0.0], np.cumsum(signal - signal.mean())])
    # The least cost of all before a place, but for the sum of all squares; and its last cut.
    cost, cut = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=int)
    cost[0] = -price
    for end in range(shortest, n + 1):
        begins = end + 1 - shortest
        saved = (total[end] - total[:begins]) ** 2 / np.arange(end, shortest - 1, -1)
        costs = cost[:begins] - saved
        cut[end] = costs.argmin()
        cost[end] = costs[cut[end]] + price
    places = []
    end = n
    while cut[end] > 0:
        end = int(cut[end])
        places.append(end)
    return places[::-1]


def levels(logs: Floats, places: Sequence[int]) -> Floats:
    """Return the level of the segment that each run belongs to."""
    made = np.empty(len(logs))
    for begin, end in zip([0, *places], [*places, len(logs)], strict=True):
        made[begin:end] = np.median(logs[begin:end])
    return made


def _without_outliers(logs: Floats) -> Floats:
    """Bring single runs that stand out back to the median of their neighbours."""
    middle = median_filter(logs, size=RULE.outlier_window, mode="nearest")
    off = np.abs(logs - middle)
    limit = RULE.outlier_stds * medians.NORMAL_MAD * np.median(off)
    cleaned: Floats = np.where(off > limit, middle, logs)
    return cleaned


def _measured(
    logs: Floats, places: Sequence[int], number: int, rho: float, margin: float
) -> tuple[Step, float]:
    """Measure a step between the two segments beside it, and how likely it is by chance."""
    ends = [0, *places, len(logs)]
    begin, place, end = ends[number : number + 3]
    before, after = (
        medians.earlier(logs[a:b, None]) for a, b in ((begin, place), (place, end))
    )
    size = float(after.level[0] - before.level[0])
    of_before, of_after = _variance(before, rho), _variance(after, rho)
    total = max(of_before + of_after, 1e-12)
    dof = total**2 / max(of_before**2 / before.dof[0] + of_after**2 / after.dof[0], 1e-24)
    width = float(stdtrit(dof, 0.5 + RULE.confidence / 2)) * np.sqrt(total)
    p = float(stdtr(dof, -(abs(size) - margin) / np.sqrt(total)))
    return Step(place, size, size - width, size + width), p


def _variance(told: medians.Earlier, rho: float) -> float:
    """Return the variance of a level; correlated runs count for fewer."""
    n = max(told.n[0] * (1 - rho) / (1 + rho), 1.0)
    return float(medians.VARIANCE_OF_LEVEL * told.std[0] ** 2 / n)


# Slow drift, told apart from steps.
#
# The slope is the median of those between all pairs of runs, with an interval (Theil 1950,
# *Indag. Math.* 12:85; Sen 1968, *J. Am. Stat. Assoc.* 63:1379). A series drifts where a line
# describes it better than its steps do, by Schwarz's criterion (1978, *Ann. Stat.* 6:461), and
# the slope is none that chance would give.


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
    if len(logs) < RULE.fewest_for_drift or days[-1] <= days[0]:
        return None
    slope, middle, *_ = theilslopes(logs, days, RULE.drift_confidence)
    line = middle + slope * days
    total = float(slope * (days[-1] - days[0]))
    by_steps = levels(logs, [step.place for step in steps])
    of_steps = _criterion(logs, by_steps, 1 + 2 * len(steps))
    if abs(total) <= margin or _criterion(logs, line, 2) >= of_steps:
        return None
    rho = medians.lag1_autocorrelation((logs - line)[:, None])
    # Correlated runs count for fewer, and the interval is wider by the root of that.
    widening = np.sqrt((1 + rho) / (1 - rho))
    sure = _ends(logs, days, RULE.drift_confidence, slope, widening)
    if sure[0] * sure[1] <= 0:
        return None
    return Slope(float(slope), *_ends(logs, days, RULE.confidence, slope, widening), total)


def _ends(
    logs: Floats, days: Floats, confidence: float, slope: float, widening: float
) -> tuple[float, float]:
    found = theilslopes(logs, days, confidence)
    low, high = (slope + widening * (end - slope) for end in (found[2], found[3]))
    return float(low), float(high)


def _criterion(logs: Floats, described: Floats, n_parameters: int) -> float:
    """Return Schwarz's criterion with absolute deviations, which one run moves little."""
    off = float(np.mean(np.abs(logs - described)))
    n = len(logs)
    return 2 * n * float(np.log(max(off, 1e-9))) + n_parameters * float(np.log(n))
