"""A curve through positive data whose errors are shares of the values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import optimize, stats

from bench.stats.rule import RULE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Curve = Callable[[Array], Array]

# When the data do not carry an answer: what is raised instead of a number.


class RefusalError(Exception):
    """The data don't carry an answer.

    The message is one sentence for the user: what there is, and what would be needed.
    """


# A curve through positive data whose errors are shares of the values.
#
# The model is ``log y_i = log f(theta)_i + e_i`` with independent ``e_i`` of variance
# ``noise_i^2 + scatter^2``: the noise is known from repetitions, or zero, and the scatter is
# what the model misses besides. The parameters come from weighted non-linear least squares,
# the scatter from ``sum r_i^2 / (noise_i^2 + scatter^2) = n - p`` (Paule & Mandel 1982, J.
# Res. NBS 87:377), so that it is zero where the noise alone explains the residuals.
#
# Models are compared by Akaike's criterion as corrected for small samples (Hurvich & Tsai
# 1989, Biometrika 76:297), with the scatter of largest likelihood counted as a parameter.


@dataclass(frozen=True)
class RelativeFit:
    """A fitted curve.

    Attributes
    ----------
    parameters : ndarray, shape (p,)
    residuals : ndarray, shape (n,)
        ``log(y / f)``: to first order the share by which the data lie above the curve.
    deviations : ndarray, shape (n,)
        The standard deviation that each residual is taken to have.
    jacobian : ndarray, shape (n, p)
        Derivative of ``log f`` by the parameters, over ``deviations``.
    noise : ndarray, shape (n,)
        The known part of ``deviations``.
    """

    parameters: Array
    residuals: Array
    deviations: Array
    jacobian: Array
    noise: Array

    @property
    def dof(self) -> int:
        """Degrees of freedom: data less parameters."""
        return len(self.residuals) - len(self.parameters)

    @property
    def dof_of_scale(self) -> float:
        """Degrees of freedom of the scale: all there are where the noise sets it."""
        set_by_noise = bool(np.all(self.deviations <= self.noise))
        return RULE.dof_of_normal if set_by_noise else float(self.dof)

    @property
    def rms(self) -> float:
        """Root mean square of the relative residuals."""
        return float(np.sqrt(np.mean(self.residuals**2)))

    @property
    def times_noise(self) -> float | None:
        """How many times as large as the known noise the residuals are; None if unknown."""
        if self.noise.max() <= RULE.min_noise:
            return None
        return float(np.sqrt(np.sum((self.residuals / self.noise) ** 2) / self.dof))

    @property
    def misses_noise(self) -> bool:
        """Whether the residuals are larger than the noise explains (chi-square, 1%)."""
        times = self.times_noise
        return times is not None and bool(
            stats.chi2.sf(times**2 * self.dof, self.dof) < RULE.max_p_noise
        )


def as_noise(noise: float | Sequence[float] | Array | None, n: int) -> Array:
    """Return the relative standard deviation of each of n values.

    Parameters
    ----------
    noise : float, sequence of float, or None
        None where nothing is known. Values that are not finite are unknown too and get the
        median of the others.

    Returns
    -------
    ndarray, shape (n,)
        At least ``Rule.min_noise``.

    Raises
    ------
    ValueError
        For negative values or another number of them.
    """
    given = np.array(np.broadcast_to(0.0 if noise is None else noise, n), dtype=float)
    known = np.isfinite(given)
    given[~known] = np.median(given[known]) if known.any() else 0.0
    if (given < 0).any():
        raise ValueError(f"noise is a relative standard deviation, not {noise}")
    floored: Array = np.maximum(given, RULE.min_noise)
    return floored


def fit(
    curve: Curve,
    start: Sequence[float] | Array,
    bounds: tuple[Any, Any],
    values: Array,
    noise: Array,
) -> RelativeFit:
    """Fit a curve.

    Parameters
    ----------
    curve : callable
        Maps parameters, shape (p,), to the curve at the data, shape (n,); positive within
        the bounds.
    start : sequence of float
        Positive; near the solution where there is more than one minimum.
    bounds : pair of array_like
        Lower and upper bounds of the parameters.
    values : ndarray, shape (n,)
        The data.
    noise : ndarray, shape (n,)
        From ``as_noise``.
    """
    logs, deviations = np.log(values), noise
    unit = np.asarray(start, dtype=float)
    lower, upper = (np.asarray(bound, dtype=float) / unit for bound in bounds)
    guess = np.ones_like(unit)
    for _ in range(RULE.most_refits):
        weights = deviations / deviations.min()

        def residuals(scaled: Array, weights: Array = weights) -> Array:
            standard: Array = (logs - np.log(curve(scaled * unit))) / weights
            return standard

        found = optimize.least_squares(residuals, guess, bounds=(lower, upper), x_scale="jac")
        guess, unweighted = found.x, found.fun * weights
        deviations = np.hypot(noise, _scatter(unweighted, noise, len(unit)))
        if np.allclose(deviations / deviations.min(), weights, rtol=1e-3):
            break
    share = np.abs(found.x) * np.abs(found.jac * weights[:, None]).max(axis=0)
    negligible = (share < RULE.negligible_share) & (lower <= 0)
    return RelativeFit(
        parameters=np.where(negligible, 0.0, found.x) * unit,
        residuals=unweighted,
        deviations=deviations,
        jacobian=-found.jac * (weights / deviations)[:, None] / unit,
        noise=noise,
    )


def _scatter(residuals: Array, noise: Array, n_parameters: int) -> float:
    """Return the standard deviation that the residuals have beyond the noise."""
    dof = len(residuals) - n_parameters

    def excess(variance: float) -> float:
        return float(np.sum(residuals**2 / (noise**2 + variance))) - dof

    if excess(0.0) <= 0.0:
        return 0.0
    most = float(np.sum(residuals**2)) / dof
    return float(np.sqrt(optimize.brentq(excess, 0.0, most)))


def aicc(fitted: RelativeFit) -> float:
    """Return Akaike's information criterion, corrected for small samples.

    Returns
    -------
    float
        Smaller is better; infinite where there are too few data for so many parameters.
    """
    n, k = len(fitted.residuals), len(fitted.parameters) + 1
    if n - k - 1 <= 0:
        return float("inf")
    squares, known = fitted.residuals**2, fitted.noise**2
    largest = float(squares.max())

    def deviance(share: float) -> float:
        variance = known + share * largest
        return float(np.sum(np.log(2 * np.pi * variance) + squares / variance))

    best = optimize.minimize_scalar(
        deviance, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-7}
    )
    return min(float(best.fun), deviance(0.0)) + 2 * k + 2 * k * (k + 1) / (n - k - 1)


def draw(fitted: RelativeFit, n_draws: int, seed: int) -> Array:
    """Draw parameters that the data allow.

    The posterior under a flat prior, with the curve taken as linear in its parameters near
    the solution: a multivariate t with ``n - p`` degrees of freedom, or a normal
    distribution where the known noise explains the residuals (Gelman et al. 2013, *Bayesian
    Data Analysis*, 3rd ed., section 14.2). For a ratio of two parameters its
    quantiles come to Fieller's limits (1954, J. R. Stat. Soc. B 16:175).

    Parameters
    ----------
    n_draws, seed : int
        The same seed gives the same draws.

    Returns
    -------
    ndarray, shape (n_draws, p)
        Not held to the bounds. Where the solution lies on one, the centre is where the
        solution without bounds would be.
    """
    standard = fitted.residuals / fitted.deviations
    shift, *_ = np.linalg.lstsq(fitted.jacobian, standard, rcond=None)
    spread = np.linalg.pinv(np.linalg.qr(fitted.jacobian, mode="r"))
    rng = np.random.default_rng(seed)
    normal = rng.standard_normal((n_draws, len(shift)))
    dof = fitted.dof_of_scale
    wide = np.sqrt(dof / rng.chisquare(dof, n_draws))
    drawn: Array = fitted.parameters + shift + (normal @ spread.T) * wide[:, None]
    return drawn


# When data contradict a fitted curve, and its parameters are no answer.


def refuse(fitted: RelativeFit, what: str) -> None:
    """Refuse a curve that is not the data's.

    Parameters
    ----------
    what : str
        The data and the model, for the sentence.

    Raises
    ------
    RefusalError
        Where the residuals are above ``Rule.max_rms``.
    """
    if fitted.rms > RULE.max_rms:
        raise RefusalError(
            f"{what}: the best fit is off by {fitted.rms:.0%} (root mean square), and by more "
            f"than {RULE.max_rms:.0%} its parameters mean nothing; measure again"
        )


def rises(batch_sizes: Array, values: Array) -> bool:
    """Say whether the values grow with the batch size beyond doubt.

    Parameters
    ----------
    batch_sizes, values : ndarray, shape (n,)
        Positive, n at least 3.

    Returns
    -------
    bool
        Whether the slope of log against log is positive (one-sided t test at 0.1%).
    """
    x, y = np.log(batch_sizes), np.log(values)
    if np.ptp(y) < RULE.min_noise:
        return False
    return bool(stats.linregress(x, y, alternative="greater").pvalue < RULE.max_p_trend)
