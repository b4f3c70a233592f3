"""Detects what changed in a run, and what else explains it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bench.history.cpu_frequency import clock
from bench.history.evidence import evidence, split
from bench.history.pools import pooled
from bench.stats.false_discovery import discovered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.history.cpu_frequency import Clock
    from bench.history.evidence import Evidence
    from bench.history.material import Watched
    from bench.history.rule import Rule
    from bench.stats.location import Floats

    Signs = NDArray[np.int8]

# Flags what changed, and says what else says so.
#
# Pools are a family of tests and single cases another; in each the share of false ones among
# what is flagged is held. A kernel whose pool is flagged lends that to those of its cases that
# moved with it (families first, then their members: Benjamini & Bogomolov 2014, *J. R. Stat.
# Soc.* B 76:297).


@dataclass(frozen=True)
class Flags:
    """What is flagged, and what else says so.

    Attributes
    ----------
    sign : ndarray of int, shape (n,)
        1 for slower, -1 for faster, 0 for neither.
    said_again : ndarray of bool, shape (n,)
        Flagged, and by each measurement that had no part in that: or, without any, by several
        runs on their own.
    confirmed : ndarray of bool, shape (n,)
        And that hardly happens by itself.
    """

    sign: Signs
    said_again: NDArray[np.bool_]
    confirmed: NDArray[np.bool_]


def flagged(
    series: Evidence, pools: Evidence, watched: Watched, rule: Rule
) -> tuple[Signs, NDArray[np.intp]]:
    """Flag series and pools, and say which series were by their pool.

    Parameters
    ----------
    series, pools : Evidence
    watched : Watched
    rule : Rule

    Returns
    -------
    sign : ndarray of int, shape (n_series + n_pools,)
        As in `Flags`; pools after series.
    lent : ndarray of int, shape (n_series,)
        The pool by which a series was flagged; -1 for none.
    """
    tested = np.isfinite(series.change) & ~watched.controls
    of_series = _signs(series, tested, rule)
    sign = np.concatenate([of_series, _signs(pools, np.isfinite(pools.change), rule)])
    lent = np.full(len(series.change), -1)
    for place, pool in enumerate(watched.pools):
        moved = sign[len(lent) + place]
        if pool.machine or not moved:
            continue
        members = np.array(pool.members)
        with np.errstate(invalid="ignore"):
            along = moved * series.change[members] > watched.margins[members]
        lent[members[along & (sign[members] == 0)]] = place
    sign[: len(lent)][lent >= 0] = sign[len(lent) + lent[lent >= 0]]
    return sign, lent


def _signs(found: Evidence, tested: NDArray[np.bool_], rule: Rule) -> Signs:
    """Flag those of one family that changed."""
    sign = np.zeros(len(tested), dtype=np.int8)
    for value, p in ((1, found.p_slower), (-1, found.p_faster)):
        sign[discovered(np.where(tested, p, np.nan), rule.max_false_discoveries)] = value
    return sign


def flags(
    found: Evidence, sign: Signs, margins: Floats, anew: Floats | None, rule: Rule
) -> Flags:
    """Say what else says what is flagged.

    Parameters
    ----------
    found : Evidence
    sign : ndarray of int, shape (n,)
    margins : ndarray, shape (n,)
        As logarithms.
    anew : ndarray, shape (n_times, n), optional
        Deviations that were measured again; NaN where they were not.
    rule : Rule

    Returns
    -------
    Flags
    """
    says = _said_again(found, sign, margins, anew, rule)
    n_anew = None if anew is None else len(anew)
    return Flags(sign, says, says & is_rare(found, n_anew, rule))


def _said_again(
    found: Evidence, sign: Signs, margins: Floats, anew: Floats | None, rule: Rule
) -> NDArray[np.bool_]:
    """Say what measurements that had no part in flagging a change say of it too."""
    if anew is None:
        n_say = np.sum(np.where(sign > 0, found.alone, found.alone_faster), axis=0)
        says: NDArray[np.bool_] = n_say >= rule.fewest_confirming
    else:
        least = np.maximum(margins, rule.min_share_repeated * np.abs(found.change))
        with np.errstate(invalid="ignore"):
            says = np.all(sign * anew >= least, axis=0)
    says &= sign != 0
    return says


def with_pools(
    cases: Flags, pools: Flags, lent: NDArray[np.intp], anew: Floats | None
) -> Flags:
    """Have a case that its pool flagged say what the pool does, if it moves along each time.

    Parameters
    ----------
    cases, pools : Flags
    lent : ndarray of int, shape (n_series,)
        From `flagged`.
    anew : ndarray, shape (n_times, n_series), optional
        As of `flags`.

    Returns
    -------
    Flags
        Of the cases.
    """
    said, sure = cases.said_again.copy(), cases.confirmed.copy()
    for place in np.flatnonzero(lent >= 0):
        along = anew is None or bool(np.all(cases.sign[place] * anew[:, place] > 0))
        said[place] = along and pools.said_again[lent[place]]
        sure[place] = along and pools.confirmed[lent[place]]
    return Flags(cases.sign, said, sure)


def is_rare(found: Evidence, n_anew: int | None, rule: Rule) -> NDArray[np.bool_]:
    """Say where so many runs hardly go astray together, if they do as often as earlier ones.

    Some cases have runs that go far astray, one in ten, say, which a spread that no single
    run moves does not tell. How often is estimated as Jeffreys would (1946, *Proc. R. Soc.
    Lond.* A 186:453), so that what never happened may. Beyond twice the farthest that any went
    it is rarer by the square of the distance, as for whatever has a variance (Chebyshev).

    Parameters
    ----------
    found : Evidence
    n_anew : int or None
        Measurements that say so beside the last runs; None for those of the last runs alone
        that say so each on its own.
    rule : Rule

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    n_say = found.n_recent + n_anew if n_anew is not None else _n_alone(found)
    often: Floats = (found.as_far + 0.5) / (found.earlier.n + 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        nearer = np.minimum(2 * found.farthest / np.abs(found.change), 1.0) ** 2
    likely: Floats = (often * np.nan_to_num(nearer, nan=1.0)) ** n_say
    return likely <= rule.max_p_astray


def _n_alone(found: Evidence) -> NDArray[np.intp]:
    """Count the last runs of each that say so on their own."""
    slower, faster = (np.sum(one, axis=0) for one in (found.alone, found.alone_faster))
    n_say: NDArray[np.intp] = np.where(found.change > 0, slower, faster)
    return n_say


# Cases of which no more is to be said than that the processor's clock is slower, or faster.


def over_runs(parts: Flags, found: Evidence, place: int, rule: Rule) -> Flags:
    """Have runs alone confirm a clock: what is measured minutes later goes with it.

    Parameters
    ----------
    parts : Flags
        Of pools.
    found : Evidence
        Of them.
    place : int
        Of the clock.
    rule : Rule

    Returns
    -------
    Flags
    """
    sure = parts.confirmed.copy()
    sure[place] &= is_rare(found, 0, rule)[place]
    return replace(parts, confirmed=sure)


def lend(found: Decided, watched: Watched, told: Clock) -> Decided:
    """Have cases that went with a clock that is slower, or faster, say what it does.

    Parameters
    ----------
    found : Decided
        Of which cases are judged without what the clock did.
    watched : Watched
    told : Clock

    Returns
    -------
    Decided
        Of these cases the change is as measured, and flagged by the clock; of all others as
        before, as of all where the clock is not flagged.
    """
    clock = told.place
    if clock < 0 or not found.of_pools.sign[clock]:
        return found
    moves = _went_along(found, watched, told) & (found.of_series.sign == 0)
    pools, cases = found.of_pools, found.of_series
    flags = Flags(
        np.where(moves, pools.sign[clock], cases.sign).astype(np.int8),
        np.where(moves, pools.said_again[clock], cases.said_again),
        np.where(moves, pools.confirmed[clock], cases.confirmed),
    )
    return replace(
        found,
        series=_as_measured(found, moves, told),
        of_series=flags,
        lent_by=np.where(moves, clock, found.lent_by),
    )


def _went_along(found: Decided, watched: Watched, told: Clock) -> NDArray[np.bool_]:
    """Say which cases, as measured, changed to where the clock did."""
    as_measured = found.series.change + told.share * found.pools.change[told.place]
    with np.errstate(invalid="ignore"):
        along = found.of_pools.sign[told.place] * as_measured > watched.margins
    went: NDArray[np.bool_] = along & (told.share > 0) & ~watched.controls
    return went


def _as_measured(found: Decided, which: NDArray[np.bool_], told: Clock) -> Evidence:
    """Put back what the clock did."""
    series, pools, clock = found.series, found.pools, told.place
    change = series.change + told.share * pools.change[clock]
    error = np.hypot(series.error, told.share * pools.error[clock])
    return replace(
        series,
        n_recent=np.where(which, pools.n_recent[clock], series.n_recent),
        change=np.where(which, change, series.change),
        error=np.where(which, error, series.error),
    )


# Decides, of one run and those before it, what is slower, and what says so too.
#
# What the processor's clock did is taken out first, and judged by itself: of a case that is
# slower by no more than the clock, it is the clock that says so.


@dataclass(frozen=True)
class Decided:
    """What is said of a run.

    Attributes
    ----------
    series, pools : Evidence
        Without what the clock did, but for the clock itself and what is flagged by it.
    of_series, of_pools : Flags
    lent_by : ndarray of int, shape (n_series,)
        The pool by which a series was flagged; -1 where it was by itself, or not at all.
    by_clock : ndarray, shape (n_series,)
        What was taken out of the last run, a logarithm.
    """

    series: Evidence
    pools: Evidence
    of_series: Flags
    of_pools: Flags
    lent_by: NDArray[np.intp]
    by_clock: Floats


def decide(logs: Floats, watched: Watched, rule: Rule, fresh: Floats | None = None) -> Decided:
    """Decide what a run says.

    Parameters
    ----------
    logs : ndarray, shape (n_runs, n_series)
        Logarithms of seconds, the run in question last; NaN where a run tells nothing. A run
        that tells nothing at all is passed over.
    watched : Watched
    rule : Rule
    fresh : ndarray, shape (n_times, n_series), optional
        What was measured again, in fresh processes, so many times; NaN where it was not.

    Returns
    -------
    Decided
    """
    telling = np.any(np.isfinite(logs), axis=1)
    telling[-1] = True
    logs = logs[telling]
    logs = logs[split(len(logs), rule)[0].start :]
    told = clock(logs, watched.pools, watched.on_processor, rule)
    of_series, of_pools = _weighed(logs, watched, rule, told)
    sign, lent = flagged(of_series, of_pools, watched, rule)
    anew = pools_anew = None
    if fresh is not None:
        anew = told.without(fresh) - of_series.earlier.level
        pools_anew = _pooled(anew, told.moved_in(fresh), told, watched, of_series)
    n = len(lent)
    parts = flags(of_pools, sign[n:], watched.pool_margins, pools_anew, rule)
    if told.place >= 0:
        parts = over_runs(parts, of_pools, told.place, rule)
    cases = flags(of_series, sign[:n], watched.margins, anew, rule)
    cases = with_pools(cases, parts, lent, anew)
    by_clock = told.share * told.moved[-1]
    found = Decided(of_series, of_pools, cases, parts, lent, by_clock)
    return lend(found, watched, told)


def _weighed(
    logs: Floats, watched: Watched, rule: Rule, told: Clock
) -> tuple[Evidence, Evidence]:
    """Weigh series and pools without what the clock did, and the clock."""
    _, last = split(len(logs), rule)
    net = told.without(logs)
    common = told.moved[last][:, None] * told.doubt
    of_series = evidence(net, watched.margins, rule, common)
    deviations = net - of_series.earlier.level
    together = _pooled(deviations, told.moved, told, watched, of_series)
    doubt, usual = np.zeros(len(watched.pools)), np.full(len(watched.pools), np.nan)
    for place, pool in enumerate(watched.pools):
        if place == told.place:
            usual[place] = rule.usual_frequency_std
        else:
            doubt[place] = np.median(told.doubt[list(pool.members)])
    common = told.moved[last][:, None] * doubt
    return of_series, evidence(together, watched.pool_margins, rule, common, usual)


def _pooled(
    net: Floats, moved: Floats, told: Clock, watched: Watched, of_series: Evidence
) -> Floats:
    """Make the series of pools; that of the clock is what it did."""
    made = pooled(net, watched.pools, of_series.earlier.spread)
    if told.place >= 0:
        made[:, told.place] = moved
    return made
