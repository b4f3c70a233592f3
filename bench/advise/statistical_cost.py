"""How many steps to the target each batch size needs, from trainings that were tuned.

The parameters of ``S(B) = S_min + E_min x(B)`` from steps to target at several batch
sizes; ``B_noise = E_min / S_min``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from bench.advise.rule import RULE
from bench.stats import fits
from bench.stats.estimate import Estimate, from_draws
from bench.stats.fits import RefusalError, RelativeFit
from bench.stats.medians import Floats

# What a step costs by its batch size, and an epoch, whose last step may be short.
#
# ``t(B) = a + b max(B, c)``: every sample adds ``b``, a step costs ``a`` besides (Hockney
# 1983, Parallel Computing 1:1, whose n_half is ``a / b`` and whose r_inf is ``1 / b``), and
# below ``c`` samples the host cannot launch the steps any faster.


@dataclass(frozen=True)
class StepTime:
    """The time of a step, for one set of parameters or for many draws of them.

    Attributes
    ----------
    a : ndarray, shape () or (n_draws,)
        Seconds that a step costs whatever its batch size, on the line; below zero where
        the line starts on a plateau and is steep.
    b : ndarray, shape () or (n_draws,)
        Seconds that a sample adds; 0 where the batch size does not matter.
    c : ndarray, shape () or (n_draws,)
        Batch size below which there is a plateau; 0 for none.
    """

    a: Floats
    b: Floats
    c: Floats

    @classmethod
    def of(cls, a: ArrayLike, b: ArrayLike, c: ArrayLike) -> StepTime:
        """Make one of whatever is like an array."""
        return cls(*(np.asarray(value, dtype=float) for value in (a, b, c)))

    def seconds(self, batch_size: ArrayLike) -> Floats:
        """Return the seconds of a step.

        Parameters
        ----------
        batch_size : array_like
            Samples in it; broadcast against the parameters.
        """
        return self.a + self.b * np.maximum(batch_size, self.c)

    def epoch_seconds(self, batch_size: ArrayLike, n_samples: int) -> Floats:
        """Return the seconds of an epoch of whole batches and what is left over.

        Parameters
        ----------
        batch_size : array_like
            Broadcast against the parameters.
        """
        n_full, rest = np.divmod(n_samples, np.asarray(batch_size))
        return n_full * self.seconds(batch_size) + np.where(rest > 0, self.seconds(rest), 0.0)

    @property
    def plateau_seconds(self) -> Floats:
        """The time of the smallest steps: on the plateau, or where the line begins."""
        return self.seconds(0.0)

    @property
    def r_inf(self) -> Floats:
        """Samples per second that large batches come to."""
        with np.errstate(divide="ignore"):
            rate: Floats = 1.0 / self.b
        return rate

    @property
    def n_half(self) -> Floats:
        """The batch size that is worked off at half of ``r_inf``.

        ``B / t(B) = 1 / (2 b)``. On the line that is at ``a / b``; on a plateau of ``h``
        seconds at ``h / (2 b)``. The rate grows with B on both, so it is the larger one.
        """
        price = np.maximum(self.a, self.plateau_seconds / 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            half: Floats = np.where(self.b > 0, price / self.b, np.inf)
        return half

    def slope_reaches(self, slope: float) -> Floats:
        """Return the batch size from which ``d log t / d log B`` is at least ``slope``.

        Parameters
        ----------
        slope : float
            Between 0 and 1. On the line it is ``b B / (a + b B)``.

        Returns
        -------
        ndarray
            The end of the plateau where the line begins steeper than that; infinite where
            the batch size does not matter.
        """
        ratio = slope / (1.0 - slope)
        with np.errstate(divide="ignore", invalid="ignore"):
            size = np.where(self.b > 0, ratio * np.maximum(self.a, 0.0) / self.b, np.inf)
        return np.maximum(size, self.c)


# How many steps a training takes by its batch size.
#
# ``S(B) = S_min + E_min x(B)`` (McCandlish et al. 2018, arXiv 1812.06162, eq. 2.7, as ``S_min
# (1 + B_noise / B)``; Shallue et al. 2019, JMLR 20:112, measure the same shape). What ``x``
# stands for is the variance of a batch's mean gradient as a share of one sample's: ``1 / B``
# for samples drawn with replacement, and without ``(n - B) / ((n - 1) B)``, the finite
# population correction (Cochran 1977, *Sampling Techniques*, 3rd ed., section 2.6): a batch of
# all samples has no noise.


WITH_REPLACEMENT = "with-replacement"


def noise_share(batch_size: ArrayLike, n_samples: int, sampling: str) -> Floats:
    """Return the variance of a batch's mean as a share of one sample's.

    Parameters
    ----------
    sampling : {'with-replacement', 'without-replacement', 'sequential'}
    """
    B = np.asarray(batch_size, dtype=float)
    share: Floats = 1.0 / B
    if sampling != WITH_REPLACEMENT:
        share = share * np.maximum(n_samples - B, 0.0) / (n_samples - 1)
    return share


def epoch_noise_share(batch_size: ArrayLike, n_samples: int, sampling: str) -> Floats:
    """Return the same on average over the steps of an epoch, a short last batch included.

    The noise that a step adds goes with the share of its own batch, so over many steps at one
    learning rate their mean counts: batches of 1000 of 1500 samples in turn with such of 500
    are as noisy as batches of 667. That is so where samples are drawn with replacement.
    Without it, the batches of an epoch hold every sample once, so that the short one makes up
    for what the others lack: it adds no noise, and the share is that of a full batch.

    Parameters
    ----------
    batch_size : array_like
        Rounded to whole samples.
    """
    if sampling != WITH_REPLACEMENT:
        return noise_share(batch_size, n_samples, sampling)
    B = np.round(np.asarray(batch_size, dtype=float))
    n_full = np.floor(n_samples / B)
    rest = n_samples - n_full * B
    short = np.where(rest > 0, noise_share(np.maximum(rest, 1.0), n_samples, sampling), 0.0)
    whole = n_full * noise_share(B, n_samples, sampling)
    share: Floats = (whole + short) / (n_full + (rest > 0))
    return share


@dataclass(frozen=True)
class StepCount:
    """The steps to a target, for one set of parameters or for many draws of them.

    Attributes
    ----------
    s_min : ndarray, shape () or (n_draws,)
        Steps that are needed without any noise.
    e_min : ndarray, shape () or (n_draws,)
        Steps that the noise of a single sample adds.
    sampling : str
        As for ``noise_share``.
    """

    s_min: Floats
    e_min: Floats
    n_samples: int
    sampling: str

    def steps(self, batch_size: ArrayLike) -> Floats:
        """Return the steps to the target.

        Parameters
        ----------
        batch_size : array_like
            Broadcast against the parameters.
        """
        x = noise_share(batch_size, self.n_samples, self.sampling)
        return self.s_min + self.e_min * x

    def epoch_steps(self, batch_size: ArrayLike) -> Floats:
        """Return the steps to the target in epochs that may end in a short batch.

        Parameters
        ----------
        batch_size : array_like
            Broadcast against the parameters.
        """
        x = epoch_noise_share(batch_size, self.n_samples, self.sampling)
        return self.s_min + self.e_min * x

    @property
    def b_noise(self) -> Floats:
        """The batch size at which noise and signal cost as many steps: the noise scale."""
        with np.errstate(divide="ignore", invalid="ignore"):
            scale: Floats = np.where(self.s_min > 0, self.e_min / self.s_min, np.inf)
        return scale

    @property
    def terms(self) -> tuple[Floats, Floats]:
        """The same as ``constant + per_inverse / B``, for B up to ``n_samples``.

        The constant may be below zero without replacement.
        """
        if self.sampling == WITH_REPLACEMENT:
            return self.s_min, self.e_min
        others = self.n_samples - 1
        constant: Floats = self.s_min - self.e_min / others
        per_inverse: Floats = self.e_min * self.n_samples / others
        return constant, per_inverse


# The fit to the steps that were counted.


@dataclass(frozen=True)
class StatisticalFit:
    """How many steps a training takes by its batch size.

    Attributes
    ----------
    s_min : Estimate
        Steps that are needed without any noise.
    e_min : Estimate
        Steps that the noise of a single sample adds.
    b_noise : Estimate
        ``E_min / S_min``, in samples. Its ``high`` is infinite where the data do not bound
        ``S_min`` away from zero: it is then at least ``low``.
    count : StepCount
        The fitted number of steps.
    batch_sizes : tuple of float
        That were fitted, ascending.
    misses : tuple of float
        Batch sizes that did not reach the target and were not fitted.
    residuals : tuple of float
        ``log(counted / fitted)`` at each of ``batch_sizes``.
    rms_residual : float
        Their root mean square.
    times_noise : float or None
        How many times as large as the spread over the seeds allows the residuals are; None
        where that is not known.
    misses_noise : bool
        Whether the seeds do not explain them (chi-square, 1%).
    draws : StepCount
        Of the parameters, that intervals come from.
    """

    s_min: Estimate
    e_min: Estimate
    b_noise: Estimate
    count: StepCount
    batch_sizes: tuple[float, ...]
    misses: tuple[float, ...]
    residuals: tuple[float, ...]
    rms_residual: float
    times_noise: float | None
    misses_noise: bool
    draws: StepCount = field(repr=False, compare=False)

    def steps(self, batch_size: ArrayLike) -> Floats:
        """Return the fitted steps to the target."""
        return self.count.steps(batch_size)


def fit(
    table: pd.DataFrame,
    n_samples: int,
    sampling: str,
    n_draws: int = RULE.n_draws,
    *,
    in_epochs: bool = False,
) -> StatisticalFit:
    """Fit the steps to target.

    Parameters
    ----------
    table : DataFrame
        A row for each batch size: ``batch_size``; ``steps`` to the target, NaN for a miss;
        ``steps_low`` and ``steps_high``, their 95% interval over the seeds, may be NaN;
        ``steps_cap``, where a training was given up; ``edge``, whether its tuned learning
        rate sits on the edge of the grid.
    n_samples : int
        Of the workload.
    sampling : {'with-replacement', 'without-replacement', 'sequential'}
    in_epochs : bool
        Whether the steps are those of epochs, whose last batch may be short; else every
        batch is full.

    Raises
    ------
    RefusalError
        For fewer than four batch sizes that reached the target, or a span of less than a
        factor of 10 between them; where a tuned learning rate sits on an edge; and where
        the steps, or a miss, contradict the model.
    ValueError
        For steps that are not positive, and batch sizes that are there twice or are not
        from 1 to ``n_samples``.
    """
    table = table.sort_values("batch_size")
    if table["batch_size"].duplicated().any() or (table["steps"] <= 0).any():
        raise ValueError("give one row for each batch size, and positive steps or NaN")
    if not table["batch_size"].between(1, n_samples).all():
        raise ValueError(f"batch sizes are from 1 to {n_samples}, the number of samples")
    reached = table[table["steps"].notna()]
    _refuse_too_little(reached)
    B = reached["batch_size"].to_numpy(float)
    steps = reached["steps"].to_numpy(float)
    share = epoch_noise_share if in_epochs else noise_share
    fitted = _fitted(share(B, n_samples, sampling), steps, _noise(reached))
    s_min, e_min = fitted.parameters
    count = StepCount(s_min, e_min, n_samples, sampling)
    _refuse_contradiction(table, fitted, count)
    drawn = np.maximum(fits.draw(fitted, n_draws, RULE.steps_seed), 0.0)
    draws = StepCount(drawn[:, 0], drawn[:, 1], n_samples, sampling)
    return StatisticalFit(
        s_min=from_draws(float(count.s_min), draws.s_min),
        e_min=from_draws(float(count.e_min), draws.e_min),
        b_noise=from_draws(float(count.b_noise), draws.b_noise),
        count=count,
        batch_sizes=tuple(B.tolist()),
        misses=tuple(table[table["steps"].isna()]["batch_size"].astype(float)),
        residuals=tuple(fitted.residuals.tolist()),
        rms_residual=fitted.rms,
        times_noise=fitted.times_noise,
        misses_noise=fitted.misses_noise,
        draws=draws,
    )


def _refuse_too_little(reached: pd.DataFrame) -> None:
    """Refuse too few batch sizes, such as lie too near one another, and edges of the grid."""
    listed = _listed(reached["batch_size"])
    fewest, least = RULE.fewest_sizes_of_steps, RULE.min_span_of_steps
    enough = f"at least {fewest} over a factor of {least} are needed"
    if len(reached) < fewest:
        raise RefusalError(
            f"{len(reached)} batch sizes ({listed}) reached the target: {enough}"
        )
    span = reached["batch_size"].max() / reached["batch_size"].min()
    if span < least:
        raise RefusalError(
            f"the batch sizes that reached the target ({listed}) span a factor of {span:.3g} "
            f"only: {enough}"
        )
    on_edge = reached[reached["edge"].astype(bool)]
    if len(on_edge):
        raise RefusalError(
            f"the tuned learning rate of batch size {_listed(on_edge['batch_size'])} sits on "
            "the edge of its grid, so a better one may lie beyond: widen the grid"
        )


def _listed(batch_sizes: pd.Series) -> str:
    """Return batch sizes for a sentence."""
    return ", ".join(f"{size:g}" for size in batch_sizes) or "none"


def _noise(reached: pd.DataFrame) -> Floats:
    """Return the relative standard deviations that the intervals over the seeds stand for."""
    low, high = (reached[name].to_numpy(float) for name in ("steps_low", "steps_high"))
    width = 2 * stats.norm.ppf((1 + RULE.confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return fits.as_noise(np.log(high / low) / width, len(reached))


def _fitted(x: Floats, steps: Floats, noise: Floats) -> RelativeFit:
    """Fit ``S_min + E_min x``, neither below zero."""

    def curve(parameters: Floats) -> Floats:
        steps: Floats = parameters[0] + parameters[1] * x
        return steps

    start = (float(steps.min()), float(steps[0] / x[0]))
    return fits.fit(curve, start, (np.zeros(2), np.full(2, np.inf)), steps, noise)


def _refuse_contradiction(table: pd.DataFrame, fitted: RelativeFit, count: StepCount) -> None:
    """Refuse steps, or misses, that the model cannot be true of."""
    fits.refuse(fitted, "S_min (1 + B_noise / B) does not fit the steps")
    reached = table[table["steps"].notna()]
    B, steps = reached["batch_size"].to_numpy(float), reached["steps"].to_numpy(float)
    if fits.rises(B, steps):
        raise RefusalError(
            "the steps to the target grow with the batch size, which the model does not "
            "allow: tune the learning rates again"
        )
    missed = table[table["steps"].isna()]
    enough = count.steps(missed["batch_size"].to_numpy(float))
    wrong = missed[enough < RULE.min_share_of_miss * missed["steps_cap"].to_numpy(float)]
    if len(wrong):
        raise RefusalError(
            f"batch size {_listed(wrong['batch_size'])} did not reach the target within its "
            "cap, though by the fit to the others half as many steps had been enough: the "
            "model does not hold there"
        )
