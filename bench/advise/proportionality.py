"""What is known of the cost of a step: where it becomes proportional, and its fixed share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from bench.advise.roofline import column
from bench.advise.rule import RULE
from bench.advise.statistical_cost import StepTime
from bench.stats.estimate import Estimate, from_draws
from bench.stats.medians import Floats

# What is known of the cost of a step, once a model is fitted.


@dataclass(frozen=True)
class CostFit:
    """What a step of one kernel costs, on one device and workload.

    Attributes
    ----------
    model : {'flat', 'linear', 'plateau'}
        ``t = t_host``; ``t = a + b B``; ``t = max(t_host, a + b B)``.
    aicc : mapping of str to float
        Of every model; the smallest was chosen.
    step : StepTime
        The fitted time of a step.
    r_inf : Estimate or None
        Samples per second that large batches come to; None for ``flat``, whose data show
        no sign of it.
    n_half : Estimate or None
        Batch size that is worked off at half of ``r_inf``: ``a / b``, or
        ``t_host / (2 b)`` where that is larger. None for ``flat``.
    host_seconds : Estimate or None
        ``t_host``, the time of a step on the plateau; None for ``linear``.
    plateau_until : Estimate or None
        Batch size at which the plateau ends; None but for ``plateau``.
    batch_sizes : tuple of float
        That were fitted, ascending.
    residuals : tuple of float
        ``log(measured / fitted)`` of the epoch at each of them.
    rms_residual : float
        Their root mean square.
    noise : tuple of float or None
        Relative standard deviations that the times are known to have.
    times_noise : float or None
        How many times as large as that noise the residuals are.
    misses_noise : bool
        Whether the noise does not explain them (chi-square, 1%): the model is then off by
        about ``rms_residual``, and the intervals are as wide as that asks for.
    n_samples : int
        Of an epoch.
    draws : StepTime
        Of the parameters, that intervals come from.
    """

    model: str
    aicc: Mapping[str, float]
    step: StepTime
    r_inf: Estimate | None
    n_half: Estimate | None
    host_seconds: Estimate | None
    plateau_until: Estimate | None
    batch_sizes: tuple[float, ...]
    residuals: tuple[float, ...]
    rms_residual: float
    noise: tuple[float, ...] | None
    times_noise: float | None
    misses_noise: bool
    n_samples: int
    draws: StepTime = field(repr=False, compare=False)

    @property
    def a(self) -> float:
        """Seconds that a step costs whatever its batch size, on the line."""
        return float(self.step.a)

    @property
    def b(self) -> float:
        """Seconds that a sample adds; 0 for ``flat``."""
        return float(self.step.b)

    def epoch_seconds(self, batch_size: ArrayLike) -> Floats:
        """Return the fitted seconds of an epoch, its short last step included."""
        return self.step.epoch_seconds(batch_size, self.n_samples)


# Where the time of a step becomes proportional to its batch size, and whether it does.
#
# "A step costs O(|B|)" is a claim about large batches. Two answers: from the fitted model, the
# batch size from which the local slope ``d log t / d log B`` is at least 0.9 (``9 n_half`` on
# a line); and, whatever the model, the exponent p of ``t ~ B^p`` over the batch sizes from
# there on, by least squares of log on log.


@dataclass(frozen=True)
class Linearity:
    """Whether a step costs O(|B|), and from where on.

    Attributes
    ----------
    linear_from : Estimate
        Batch size from which the model's local slope is at least 0.9; infinite where the
        model has no slope.
    in_range : bool
        Whether that is no larger than the largest batch size that was measured.
    exponent : Estimate or None
        p over the batch sizes from there on; None for fewer than three.
    n_sizes : int
        How many those are.
    claim : {'holds', 'cheaper', 'dearer', 'not reached', 'unclear'}
        ``not reached`` where it is not in range; ``unclear`` for fewer than three batch
        sizes from there on, and where the interval of p has both 0 and 1 or both 1 and 2
        in it; ``cheaper`` where it lies below 0.9, ``dearer`` where it lies above 1.1,
        else ``holds``. The room of 0.1 is there because a slope of 0.9 counts as
        proportional: a straight line that starts above zero is never quite there.
    """

    linear_from: Estimate
    in_range: bool
    exponent: Estimate | None
    n_sizes: int
    claim: str


def linearity(cost: CostFit) -> Linearity:
    """Test the claim that a step costs O(|B|)."""
    slope = RULE.proportional_slope
    first = from_draws(float(cost.step.slope_reaches(slope)), cost.draws.slope_reaches(slope))
    sizes = np.asarray(cost.batch_sizes)
    beyond = sizes >= first.value
    exponent = _exponent(cost, sizes[beyond], np.asarray(cost.residuals)[beyond])
    in_range = bool(beyond.any())
    return Linearity(first, in_range, exponent, int(beyond.sum()), _claim(exponent, in_range))


def _exponent(cost: CostFit, sizes: Floats, residuals: Floats) -> Estimate | None:
    """Return p of the measured steps' times.

    An epoch's steps are on average ``n / ceil(n / B)`` samples large, so the mean time of a
    step is set against that: where time is proportional to samples, p is 1 whatever is left
    over for the last step.
    """
    if len(sizes) < RULE.fewest_sizes_of_line:
        return None
    n_steps = np.ceil(cost.n_samples / sizes)
    seconds = cost.epoch_seconds(sizes) * np.exp(residuals) / n_steps
    line = stats.linregress(np.log(cost.n_samples / n_steps), np.log(seconds))
    room = float(stats.t.ppf((1 + RULE.confidence) / 2, len(sizes) - 2) * line.stderr)
    slope = float(line.slope)
    return Estimate(slope, slope - room, slope + room)


def _claim(exponent: Estimate | None, in_range: bool) -> str:
    """Judge by the exponent's interval."""
    if not in_range:
        return "not reached"
    if exponent is None:
        return "unclear"
    if exponent.high < RULE.proportional_slope:
        return "cheaper"
    if exponent.low > 2 - RULE.proportional_slope:
        return "dearer"
    return "unclear" if exponent.low <= 0 or exponent.high >= 2 else "holds"


# What part of a step's time does not go with the work in it.
#
# By Hockney's two numbers (Hockney & Jesshope 1988, *Parallel Computers 2*, section 1.3) a
# step that moves n bytes takes t(n) = (n + n_half) / r_inf. The part n_half / (n + n_half) is
# fixed: dispatch, launches, waiting. Two sizes of the same series give it,
#
#     fixed share of n = 1 - n (t(n') - t(n)) / (n' - n) / t(n),
#
# with n' the next size that has at least twice the work, or else the one before with at most
# half. The fit over all sizes says more of a kernel; this says it of a case, and holds also
# where the line bends, as it does between one cache and the next.


#: Cases that differ in the amount of work alone.
SERIES = ("case", "workload", "kernel", "device", "loader", "n_tensors")


def per_series(placed: pd.DataFrame) -> list[pd.DataFrame]:
    """Split cases into the series that differ in the amount of work alone.

    Parameters
    ----------
    placed : DataFrame
        From ``bench.advise.roofline.place``.
    """
    keys = [key for key in SERIES if key in placed]
    if placed.empty:
        return []
    return [rows for _, rows in placed.groupby(keys, sort=False, dropna=False)]


def fixed_shares(placed: pd.DataFrame) -> pd.Series:
    """Estimate the fixed share of every case.

    Parameters
    ----------
    placed : DataFrame
        From ``bench.advise.roofline.place``.

    Returns
    -------
    Series of float
        From 0 to 1; NaN where no other size of the series has twice or half the work.
    """
    shares: pd.Series = pd.Series(np.nan, index=placed.index)
    for rows in per_series(placed):
        work = (column(rows, "bytes_moved") / rows["n_steps"]).to_numpy()
        seconds = (column(rows, "seconds") / rows["n_steps"]).to_numpy()
        shares.loc[rows.index] = [
            _fixed_share(work, seconds, number) for number in range(len(rows))
        ]
    return shares


def _fixed_share(work: NDArray[np.float64], seconds: NDArray[np.float64], number: int) -> float:
    """Estimate it for one size of a series."""
    here = work[number]
    larger = np.flatnonzero(work >= RULE.min_work_ratio * here)
    smaller = np.flatnonzero(work <= here / RULE.min_work_ratio)
    if larger.size:
        other = larger[np.argmin(work[larger])]
    elif smaller.size:
        other = smaller[np.argmax(work[smaller])]
    else:
        return float("nan")
    slope = (seconds[other] - seconds[number]) / (work[other] - here)
    return float(np.clip(1.0 - here * slope / seconds[number], 0.0, 1.0))
