"""What the last runs say against the earlier ones: by how much, how surely, and how surely not.

The mean of the last m deviations from the level of n earlier runs, whose standard deviation is
s, lies within::

    +- t s sqrt(k / m + c / n)         t of Student with the degrees of freedom of s

k = (1 + r) / (1 - r) is what successive runs that are alike by r leave of their number (Zieba
2010, *Metrology and Measurement Systems* 17:3), at most m; c is that of the level. A change is
tested against the margin, not against nothing: of two runs some difference is always true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr, stdtrit

from bench.stats.location import VARIANCE_OF_LEVEL, earlier, lag1_autocorrelation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.history.rule import Rule
    from bench.stats.location import Earlier, Floats


@dataclass(frozen=True)
class Evidence:
    """What is known of each series.

    Attributes
    ----------
    earlier : Earlier
    n_recent : ndarray of int, shape (n_series,)
        Last runs that it rests on.
    change : ndarray, shape (n_series,)
        Mean deviation of these, a logarithm; NaN without any.
    error : ndarray, shape (n_series,)
        Its standard error.
    p_slower, p_faster : ndarray, shape (n_series,)
        That the change is within the margin, or on the other side; 1 where unknown.
    as_far : ndarray of int, shape (n_series,)
        Earlier runs that went half as far to the same side, or farther.
    farthest : ndarray, shape (n_series,)
        How far the farthest of them went to that side, a logarithm; at least their standard
        deviation.
    alone, alone_faster : ndarray of bool, shape (n_recent_runs, n_series)
        Which of the last runs would say slower, or faster, with no other; the newest last.
    """

    earlier: Earlier
    n_recent: NDArray[np.intp]
    change: Floats
    error: Floats
    p_slower: Floats
    p_faster: Floats
    as_far: NDArray[np.intp]
    farthest: Floats
    alone: NDArray[np.bool_]
    alone_faster: NDArray[np.bool_]

    def interval(self, confidence: float, *, raw: bool = False) -> tuple[Floats, Floats]:
        """Return the change's interval, as logarithms.

        Parameters
        ----------
        confidence : float
        raw : bool
            By the standard deviation of the earlier runs of a series alone.

        Returns
        -------
        low, high : ndarray, shape (n_series,)
        """
        width = stdtrit(self.earlier.dof, 0.5 + confidence / 2) * self.error
        if raw:
            width = width * (self.earlier.raw_std / self.earlier.std)
        return self.change - width, self.change + width


def split(n_runs: int, rule: Rule) -> tuple[slice, slice]:
    """Say which runs are the earlier ones, and which the last.

    Parameters
    ----------
    n_runs : int
        In order, today's the last.
    rule : Rule

    Returns
    -------
    earlier, recent : slice
        They share none. Where there are few, only today's is recent.
    """
    spare = max(n_runs - 1 - rule.fewest_earlier, 0)
    begin = n_runs - 1 - min(rule.most_recent - 1, spare)
    return slice(max(begin - rule.most_earlier, 0), begin), slice(begin, n_runs)


def weigh(
    logs: Floats,
    margins: Floats,
    rule: Rule,
    common: Floats | None = None,
    usual_std: Floats | None = None,
) -> Evidence:
    """Weigh the last runs of each series.

    Parameters
    ----------
    logs : ndarray, shape (n_runs, n_series)
        Logarithms of seconds, today's run last; NaN where a run lacks a series.
    margins : ndarray, shape (n_series,)
        As logarithms.
    rule : Rule
    common : ndarray, shape (n_recent_runs, n_series), optional
        An error that the last runs have in common, one standard error of it in each, as
        logarithms: what has opposite signs cancels.
    usual_std : ndarray, shape (n_series,), optional
        What is known of the standard deviation without any run; NaN for that of all series.

    Returns
    -------
    Evidence
    """
    before, last = split(len(logs), rule)
    past = earlier(logs[before], rule.min_std, usual_std)
    recent = logs[last] - past.level
    rho = lag1_autocorrelation(logs[before])
    common = np.zeros_like(recent) if common is None else np.nan_to_num(common)
    looks = [
        _look(recent[-m:], margins, past, rho, common[-m:]) for m in range(1, len(recent) + 1)
    ]
    price = np.array(rule.prices_of_looks)[: len(looks), None]
    slower = price * np.array([look.slower for look in looks])
    faster = price * np.array([look.faster for look in looks])
    of_looks = np.minimum(slower, faster)
    best = np.argmin(of_looks, axis=0)
    n_all = np.sum(np.isfinite(recent), axis=0)
    telling = np.min(of_looks, axis=0) <= rule.max_false_discoveries
    n_recent = np.where(telling, best + 1, np.maximum(n_all, 1))
    enough = (past.n >= rule.fewest_earlier) & np.isfinite(recent[-1])
    mean = np.nansum(recent, axis=0) / np.maximum(n_all, 1)
    means = np.array([*(look.change for look in looks), mean])
    column = np.arange(recent.shape[1])
    errors = np.array(
        [*(look.error for look in looks), _error(past, rho, n_recent, np.mean(common, axis=0))]
    )
    change = means[np.where(telling, best, len(looks)), column]
    # How far earlier runs went to the side of the change; 0 where one is missing.
    astray = np.nan_to_num(np.sign(change) * (logs[before] - past.level))
    alone = [
        _look(recent[n : n + 1], margins, past, rho, common[n : n + 1])
        for n in range(len(recent))
    ]
    return Evidence(
        earlier=past,
        n_recent=n_recent,
        change=np.where(enough, change, np.nan),
        error=np.where(enough, errors[np.where(telling, best, len(looks)), column], np.nan),
        p_slower=np.where(enough, np.minimum(slower.min(axis=0), 1.0), 1.0),
        p_faster=np.where(enough, np.minimum(faster.min(axis=0), 1.0), 1.0),
        as_far=np.sum(astray >= np.abs(change) / 2, axis=0),
        farthest=np.maximum(np.max(astray, axis=0, initial=0.0), past.std),
        alone=np.array([look.slower for look in alone]) <= rule.max_p_alone,
        alone_faster=np.array([look.faster for look in alone]) <= rule.max_p_alone,
    )


@dataclass(frozen=True)
class _Look:
    """The mean of some last runs, with the p-values of both sides."""

    change: Floats
    error: Floats
    slower: Floats
    faster: Floats


def _look(some: Floats, margins: Floats, past: Earlier, rho: float, common: Floats) -> _Look:
    """Look at some of the last runs, each of which has to lie beyond the margin itself."""
    change = np.mean(some, axis=0)
    error = _error(past, rho, len(some), np.mean(common, axis=0))
    tails = []
    for sign in (1.0, -1.0):
        with np.errstate(invalid="ignore", divide="ignore"):
            each = np.all(sign * some > margins, axis=0)
            p = stdtr(past.dof, -(sign * change - margins) / error)
        tails.append(np.where(each & np.isfinite(p), p, 1.0))
    return _Look(change, error, *tails)


def _error(past: Earlier, rho: float, m: int | NDArray[np.intp], common: Floats) -> Floats:
    """Return the standard error of the mean of the last m deviations."""
    of_recent = np.minimum((1 + rho) / (1 - rho) / m, 1.0)
    own = past.std * np.sqrt(of_recent + VARIANCE_OF_LEVEL / np.maximum(past.n, 1))
    error: Floats = np.hypot(own, common)
    return error
