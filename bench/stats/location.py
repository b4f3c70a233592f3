"""Where the earlier runs of many series lie, and how far apart, whatever one of them did.

Of n values the g = 0.2 n lowest and highest are set to the next one (winsorised); the standard
deviation of what results is divided by what it would be for a normal distribution, and the
middle h = n - 2 g are averaged. The two go together as a mean and a standard deviation do, with
h - 1 degrees of freedom (Tukey & McLaughlin 1963, *Sankhya* A 25:331; Yuen 1974, *Biometrika*
61:165), and a run that was disturbed moves neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from bench.stats.rule import RULE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: The standard deviation of a normal distribution over its median absolute deviation.
NORMAL_MAD = 1.4826
#: The variance of the trimmed mean of so many normal values, over theirs divided by their
#: number.
VARIANCE_OF_LEVEL = 1.15


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
    min_std : float
    usual_std : ndarray, shape (n_series,), optional
        The standard deviation of each that is known without any run; NaN, or nothing: that of
        all.

    Returns
    -------
    Earlier
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
