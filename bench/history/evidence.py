"""What the last runs say against the earlier ones: by how much, how surely, and how surely not.

The mean of the last m deviations from the level of n earlier runs, with spread s, lies within::

    +- t s sqrt(k / m + c / n)         t of Student with the spread's degrees of freedom

k = (1 + r) / (1 - r) is what successive runs that are alike by r leave of their number (Zieba
2010, *Metrology and Measurement Systems* 17:3), at most m; c is that of the level. A change is
tested against the margin, not against nothing: of two runs some difference is always true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr, stdtrit

from bench.stats.location import VARIANCE_OF_LEVEL, earlier, likeness

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
        How far the farthest of them went to that side, a logarithm; at least their spread.
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

    def interval(self, confidence: float, *, as_seen: bool = False) -> tuple[Floats, Floats]:
        """Return the change's interval, as logarithms.

        Parameters
        ----------
        confidence : float
        as_seen : bool
            By how far the earlier runs of a series lie apart, whatever is usual.

        Returns
        -------
        low, high : ndarray, shape (n_series,)
        """
        width = stdtrit(self.earlier.freedom, 0.5 + confidence / 2) * self.error
        if as_seen:
            width = width * (self.earlier.seen / self.earlier.spread)
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


def evidence(
    logs: Floats,
    margins: Floats,
    rule: Rule,
    common: Floats | None = None,
    usual_spread: Floats | None = None,
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
    usual_spread : ndarray, shape (n_series,), optional
        What is known of the spread without any run; NaN for that of all series together.

    Returns
    -------
    Evidence
    """
    before, last = split(len(logs), rule)
    told = earlier(logs[before], rule.min_std, usual_spread)
    recent = logs[last] - told.level
    alike = likeness(logs[before])
    common = np.zeros_like(recent) if common is None else np.nan_to_num(common)
    looks = [
        _look(recent[-m:], margins, told, alike, common[-m:]) for m in range(1, len(recent) + 1)
    ]
    price = np.array(rule.prices_of_looks)[: len(looks), None]
    slower = price * np.array([one.slower for one in looks])
    faster = price * np.array([one.faster for one in looks])
    of_looks = np.minimum(slower, faster)
    best = np.argmin(of_looks, axis=0)
    n_all = np.sum(np.isfinite(recent), axis=0)
    telling = np.min(of_looks, axis=0) <= rule.max_false_discoveries
    n_recent = np.where(telling, best + 1, np.maximum(n_all, 1))
    enough = (told.n >= rule.fewest_earlier) & np.isfinite(recent[-1])
    means = np.array([*(one.change for one in looks), _mean(recent)])
    column = np.arange(recent.shape[1])
    errors = np.array(
        [*(one.error for one in looks), _error(told, alike, n_recent, np.mean(common, axis=0))]
    )
    change = means[np.where(telling, best, len(looks)), column]
    astray = _astray(logs[before] - told.level, change)
    alone = [
        _look(one[None, :], margins, told, alike, of_one[None, :])
        for one, of_one in zip(recent, common, strict=True)
    ]
    return Evidence(
        earlier=told,
        n_recent=n_recent,
        change=np.where(enough, change, np.nan),
        error=np.where(enough, errors[np.where(telling, best, len(looks)), column], np.nan),
        p_slower=np.where(enough, np.minimum(slower.min(axis=0), 1.0), 1.0),
        p_faster=np.where(enough, np.minimum(faster.min(axis=0), 1.0), 1.0),
        as_far=np.sum(astray >= np.abs(change) / 2, axis=0),
        farthest=np.maximum(np.max(astray, axis=0, initial=0.0), told.spread),
        alone=np.array([one.slower for one in alone]) <= rule.max_p_alone,
        alone_faster=np.array([one.faster for one in alone]) <= rule.max_p_alone,
    )


@dataclass(frozen=True)
class _Look:
    """The mean of some last runs, with the p-values of both sides."""

    change: Floats
    error: Floats
    slower: Floats
    faster: Floats


def _look(some: Floats, margins: Floats, told: Earlier, alike: float, common: Floats) -> _Look:
    """Look at some of the last runs, each of which has to lie beyond the margin itself."""
    change = np.mean(some, axis=0)
    error = _error(told, alike, len(some), np.mean(common, axis=0))
    tails = []
    for sign in (1.0, -1.0):
        with np.errstate(invalid="ignore", divide="ignore"):
            each = np.all(sign * some > margins, axis=0)
            p = stdtr(told.freedom, -(sign * change - margins) / error)
        tails.append(np.where(each & np.isfinite(p), p, 1.0))
    return _Look(change, error, *tails)


def _mean(recent: Floats) -> Floats:
    """Average the last runs that have a series."""
    n = np.sum(np.isfinite(recent), axis=0)
    mean: Floats = np.nansum(recent, axis=0) / np.maximum(n, 1)
    return mean


def _astray(deviations: Floats, change: Floats) -> Floats:
    """Return how far earlier runs went to the side of a change; 0 where one is missing."""
    astray: Floats = np.nan_to_num(np.sign(change) * deviations)
    return astray


def _error(told: Earlier, alike: float, m: int | NDArray[np.intp], common: Floats) -> Floats:
    """Return the standard error of the mean of the last m deviations."""
    of_recent = np.minimum((1 + alike) / (1 - alike) / m, 1.0)
    own = told.spread * np.sqrt(of_recent + VARIANCE_OF_LEVEL / np.maximum(told.n, 1))
    error: Floats = np.hypot(own, common)
    return error
