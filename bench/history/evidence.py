"""How far, and how surely, the last runs differ from the earlier ones.

The mean of the last m deviations from the level of n earlier runs, whose standard deviation is
s, lies within::

    +- t s sqrt(k / m + c / n)         t of Student with the degrees of freedom of s

k = (1 + r) / (1 - r) is what successive runs that are alike by r leave of their number (Zieba
2010, *Metrology and Measurement Systems* 17:3), at most m; c is that of the level. A change is
tested against the margin, not against nothing: of two runs some difference is always true.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from bench.history.pools import Watched
from bench.history.rule import RULE
from bench.stats.medians import (
    VARIANCE_OF_LEVEL,
    Earlier,
    Floats,
    earlier,
    lag1_autocorrelation,
)
from bench.stats.verdict import benjamini_hochberg

Signs = NDArray[np.int8]


@dataclass(frozen=True)
class Evidence:
    """What is known of each series.

    Attributes
    ----------
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


def split(n_runs: int) -> tuple[slice, slice]:
    """Say which runs are the earlier ones, and which the last.

    Parameters
    ----------
    n_runs : int
        In order, today's the last.

    Returns
    -------
    earlier, recent : slice
        They share none. Where there are few, only today's is recent.
    """
    spare = max(n_runs - 1 - RULE.fewest_earlier, 0)
    begin = n_runs - 1 - min(RULE.most_recent - 1, spare)
    return slice(max(begin - RULE.most_earlier, 0), begin), slice(begin, n_runs)


def weigh(
    logs: Floats,
    margins: Floats,
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
    common : ndarray, shape (n_recent_runs, n_series), optional
        An error that the last runs have in common, one standard error of it in each, as
        logarithms: what has opposite signs cancels.
    usual_std : ndarray, shape (n_series,), optional
        What is known of the standard deviation without any run; NaN for that of all series.
    """
    before, last = split(len(logs))
    past = earlier(logs[before], RULE.min_std, usual_std)
    recent = logs[last] - past.level
    rho = lag1_autocorrelation(logs[before])
    common = np.zeros_like(recent) if common is None else np.nan_to_num(common)
    looks = [
        _look(recent[-m:], margins, past, rho, common[-m:]) for m in range(1, len(recent) + 1)
    ]
    price = np.array(RULE.prices_of_looks)[: len(looks), None]
    slower = price * np.array([look.slower for look in looks])
    faster = price * np.array([look.faster for look in looks])
    of_looks = np.minimum(slower, faster)
    best = np.argmin(of_looks, axis=0)
    n_all = np.sum(np.isfinite(recent), axis=0)
    telling = np.min(of_looks, axis=0) <= RULE.max_false_discoveries
    n_recent = np.where(telling, best + 1, np.maximum(n_all, 1))
    enough = (past.n >= RULE.fewest_earlier) & np.isfinite(recent[-1])
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
        alone=np.array([look.slower for look in alone]) <= RULE.max_p_alone,
        alone_faster=np.array([look.faster for look in alone]) <= RULE.max_p_alone,
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
    return np.hypot(own, common)


# What changed, and which measurements confirm it.
#
# Pools are one family of tests and single cases another; the false discovery rate is held in
# each. Where the pool of a kernel changed, so did those of its cases that moved with it
# (families first, then their members: Benjamini & Bogomolov 2014, *J. R. Stat. Soc.* B
# 76:297).


@dataclass(frozen=True)
class Detection:
    """What changed, and what confirms it.

    Attributes
    ----------
    sign : ndarray of int, shape (n,)
        1 for slower, -1 for faster, 0 for neither.
    repeated : ndarray of bool, shape (n,)
        It changed, and each measurement that had no part in detecting that shows it; or,
        without any, several runs do on their own.
    confirmed : ndarray of bool, shape (n,)
        Repeated, and that hardly happens by chance.
    """

    sign: Signs
    repeated: NDArray[np.bool_]
    confirmed: NDArray[np.bool_]


def detect(
    series: Evidence, pools: Evidence, watched: Watched
) -> tuple[Signs, NDArray[np.intp]]:
    """Detect series and pools that changed, and series that changed with their pool.

    Returns
    -------
    sign : ndarray of int, shape (n_series + n_pools,)
        As in `Detection`; pools after series.
    detected_by : ndarray of int, shape (n_series,)
        The pool whose change a series shares; -1 for none.
    """
    tested = np.isfinite(series.change) & ~watched.controls
    of_series = _signs(series, tested)
    sign = np.concatenate([of_series, _signs(pools, np.isfinite(pools.change))])
    detected_by = np.full(len(series.change), -1)
    for place, pool in enumerate(watched.pools):
        moved = sign[len(detected_by) + place]
        if pool.machine or not moved:
            continue
        members = np.array(pool.members)
        with np.errstate(invalid="ignore"):
            along = moved * series.change[members] > watched.margins[members]
        detected_by[members[along & (sign[members] == 0)]] = place
    by_pool = np.flatnonzero(detected_by >= 0)
    sign[by_pool] = sign[len(detected_by) + detected_by[by_pool]]
    return sign, detected_by


def _signs(evidence: Evidence, tested: NDArray[np.bool_]) -> Signs:
    """Detect those of one family that changed."""
    sign = np.zeros(len(tested), dtype=np.int8)
    for value, p in ((1, evidence.p_slower), (-1, evidence.p_faster)):
        sign[benjamini_hochberg(np.where(tested, p, np.nan), RULE.max_false_discoveries)] = (
            value
        )
    return sign


def confirm(evidence: Evidence, sign: Signs, margins: Floats, anew: Floats | None) -> Detection:
    """Say which changes other measurements confirm.

    Parameters
    ----------
    sign : ndarray of int, shape (n,)
    margins : ndarray, shape (n,)
        As logarithms.
    anew : ndarray, shape (n_times, n), optional
        Deviations that were measured again; NaN where they were not.
    """
    says = _repeated(evidence, sign, margins, anew)
    n_anew = None if anew is None else len(anew)
    return Detection(sign, says, says & is_rare(evidence, n_anew))


def _repeated(
    evidence: Evidence, sign: Signs, margins: Floats, anew: Floats | None
) -> NDArray[np.bool_]:
    """Say which changes show again in measurements that had no part in detecting them."""
    if anew is None:
        n_say = np.sum(np.where(sign > 0, evidence.alone, evidence.alone_faster), axis=0)
        says: NDArray[np.bool_] = n_say >= RULE.fewest_confirming
    else:
        least = np.maximum(margins, RULE.min_share_repeated * np.abs(evidence.change))
        with np.errstate(invalid="ignore"):
            says = np.all(sign * anew >= least, axis=0)
    says &= sign != 0
    return says


def with_pools(
    cases: Detection, pools: Detection, detected_by: NDArray[np.intp], anew: Floats | None
) -> Detection:
    """Confirm a case that changed with its pool as the pool is, if it moves along each time.

    Parameters
    ----------
    detected_by : ndarray of int, shape (n_series,)
        From `detect`.
    anew : ndarray, shape (n_times, n_series), optional
        As for `confirm`.

    Returns
    -------
    Detection
        Of the cases.
    """
    repeated, confirmed = cases.repeated.copy(), cases.confirmed.copy()
    for place in np.flatnonzero(detected_by >= 0):
        along = anew is None or bool(np.all(cases.sign[place] * anew[:, place] > 0))
        repeated[place] = along and pools.repeated[detected_by[place]]
        confirmed[place] = along and pools.confirmed[detected_by[place]]
    return Detection(cases.sign, repeated, confirmed)


def is_rare(evidence: Evidence, n_anew: int | None) -> NDArray[np.bool_]:
    """Say where so many runs hardly go astray together, if they do as often as earlier ones.

    Some cases have runs that go far astray, one in ten, say, which a robust standard
    deviation does not tell. How often is estimated as Jeffreys would (1946, *Proc. R. Soc.
    Lond.* A 186:453), so that what never happened may. Beyond twice the farthest that any went
    it is rarer by the square of the distance, as for whatever has a variance (Chebyshev).

    Parameters
    ----------
    n_anew : int or None
        Measurements that say so beside the last runs; None for those of the last runs alone
        that say so each on its own.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    alone = np.where(evidence.change > 0, evidence.alone, evidence.alone_faster)
    n_say = np.sum(alone, axis=0) if n_anew is None else evidence.n_recent + n_anew
    often: Floats = (evidence.as_far + 0.5) / (evidence.earlier.n + 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        nearer = np.minimum(2 * evidence.farthest / np.abs(evidence.change), 1.0) ** 2
    likely: Floats = (often * np.nan_to_num(nearer, nan=1.0)) ** n_say
    return likely <= RULE.max_p_astray
