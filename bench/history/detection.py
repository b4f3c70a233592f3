"""Detects what changed in a run, and what else explains it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bench.history.cpu_frequency import cpu_frequency
from bench.history.evidence import split, weigh
from bench.history.pools import pooled
from bench.stats.false_discovery import benjamini_hochberg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.history.cpu_frequency import CpuFrequency
    from bench.history.evidence import Evidence
    from bench.history.material import Watched
    from bench.history.rule import Rule
    from bench.stats.location import Floats

    Signs = NDArray[np.int8]

# What changed, and which measurements confirm it.
#
# Pools are one family of tests and single cases another; the false discovery rate is held in
# each. Where the pool of a kernel changed, so did those of its cases that moved with it
# (families first, then their members: Benjamini & Bogomolov 2014, *J. R. Stat. Soc.* B 76:297).


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
    series: Evidence, pools: Evidence, watched: Watched, rule: Rule
) -> tuple[Signs, NDArray[np.intp]]:
    """Detect series and pools that changed, and series that changed with their pool.

    Parameters
    ----------
    series, pools : Evidence
    watched : Watched
    rule : Rule

    Returns
    -------
    sign : ndarray of int, shape (n_series + n_pools,)
        As in `Detection`; pools after series.
    detected_by : ndarray of int, shape (n_series,)
        The pool whose change a series shares; -1 for none.
    """
    tested = np.isfinite(series.change) & ~watched.controls
    of_series = _signs(series, tested, rule)
    sign = np.concatenate([of_series, _signs(pools, np.isfinite(pools.change), rule)])
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


def _signs(evidence: Evidence, tested: NDArray[np.bool_], rule: Rule) -> Signs:
    """Detect those of one family that changed."""
    sign = np.zeros(len(tested), dtype=np.int8)
    for value, p in ((1, evidence.p_slower), (-1, evidence.p_faster)):
        sign[benjamini_hochberg(np.where(tested, p, np.nan), rule.max_false_discoveries)] = (
            value
        )
    return sign


def confirm(
    evidence: Evidence, sign: Signs, margins: Floats, anew: Floats | None, rule: Rule
) -> Detection:
    """Say which changes other measurements confirm.

    Parameters
    ----------
    evidence : Evidence
    sign : ndarray of int, shape (n,)
    margins : ndarray, shape (n,)
        As logarithms.
    anew : ndarray, shape (n_times, n), optional
        Deviations that were measured again; NaN where they were not.
    rule : Rule

    Returns
    -------
    Detection
    """
    says = _repeated(evidence, sign, margins, anew, rule)
    n_anew = None if anew is None else len(anew)
    return Detection(sign, says, says & is_rare(evidence, n_anew, rule))


def _repeated(
    evidence: Evidence, sign: Signs, margins: Floats, anew: Floats | None, rule: Rule
) -> NDArray[np.bool_]:
    """Say which changes show again in measurements that had no part in detecting them."""
    if anew is None:
        n_say = np.sum(np.where(sign > 0, evidence.alone, evidence.alone_faster), axis=0)
        says: NDArray[np.bool_] = n_say >= rule.fewest_confirming
    else:
        least = np.maximum(margins, rule.min_share_repeated * np.abs(evidence.change))
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
    cases, pools : Detection
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


def is_rare(evidence: Evidence, n_anew: int | None, rule: Rule) -> NDArray[np.bool_]:
    """Say where so many runs hardly go astray together, if they do as often as earlier ones.

    Some cases have runs that go far astray, one in ten, say, which a robust standard
    deviation does not tell. How often is estimated as Jeffreys would (1946, *Proc. R. Soc.
    Lond.* A 186:453), so that what never happened may. Beyond twice the farthest that any went
    it is rarer by the square of the distance, as for whatever has a variance (Chebyshev).

    Parameters
    ----------
    evidence : Evidence
    n_anew : int or None
        Measurements that say so beside the last runs; None for those of the last runs alone
        that say so each on its own.
    rule : Rule

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    alone = np.where(evidence.change > 0, evidence.alone, evidence.alone_faster)
    n_alone = np.sum(alone, axis=0)
    n_say = n_alone if n_anew is None else evidence.n_recent + n_anew
    often: Floats = (evidence.as_far + 0.5) / (evidence.earlier.n + 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        nearer = np.minimum(2 * evidence.farthest / np.abs(evidence.change), 1.0) ** 2
    likely: Floats = (often * np.nan_to_num(nearer, nan=1.0)) ** n_say
    return likely <= rule.max_p_astray


# Cases whose change is fully explained by the CPU frequency.


def attribute_to_frequency(
    decided: Decided, watched: Watched, frequency: CpuFrequency
) -> Decided:
    """Detect the cases that changed with the CPU frequency, where that changed.

    Parameters
    ----------
    decided : Decided
        Cases are judged without the effect of the CPU frequency.
    watched : Watched
    frequency : CpuFrequency

    Returns
    -------
    Decided
        The change of these cases is as measured, and detected by the pool of the CPU
        frequency; all others are as before, as all are where that pool did not change.
    """
    place = frequency.place
    if place < 0 or not decided.of_pools.sign[place]:
        return decided
    moves = _went_along(decided, watched, frequency) & (decided.of_series.sign == 0)
    pools, cases = decided.of_pools, decided.of_series
    detection = Detection(
        np.where(moves, pools.sign[place], cases.sign).astype(np.int8),
        np.where(moves, pools.repeated[place], cases.repeated),
        np.where(moves, pools.confirmed[place], cases.confirmed),
    )
    return replace(
        decided,
        series=_as_measured(decided, moves, frequency),
        of_series=detection,
        detected_by=np.where(moves, place, decided.detected_by),
    )


def _went_along(
    decided: Decided, watched: Watched, frequency: CpuFrequency
) -> NDArray[np.bool_]:
    """Say which cases, as measured, changed in the direction of the CPU frequency."""
    by_frequency = frequency.share * decided.pools.change[frequency.place]
    as_measured = decided.series.change + by_frequency
    with np.errstate(invalid="ignore"):
        along = decided.of_pools.sign[frequency.place] * as_measured > watched.margins
    went: NDArray[np.bool_] = along & (frequency.share > 0) & ~watched.controls
    return went


def _as_measured(
    decided: Decided, which: NDArray[np.bool_], frequency: CpuFrequency
) -> Evidence:
    """Put back the effect of the CPU frequency."""
    series, pools, place = decided.series, decided.pools, frequency.place
    change = series.change + frequency.share * pools.change[place]
    error = np.hypot(series.error, frequency.share * pools.error[place])
    return replace(
        series,
        n_recent=np.where(which, pools.n_recent[place], series.n_recent),
        change=np.where(which, change, series.change),
        error=np.where(which, error, series.error),
    )


# What changed in one run against those before it.
#
# The effect of the CPU frequency is taken out first, and judged by itself.


@dataclass(frozen=True)
class Decided:
    """What changed in a run.

    Attributes
    ----------
    series, pools : Evidence
        Without the effect of the CPU frequency, but for its own pool and what it explains.
    of_series, of_pools : Detection
    detected_by : ndarray of int, shape (n_series,)
        The pool whose change a series shares; -1 where it changed by itself, or not at all.
    by_frequency : ndarray, shape (n_series,)
        What the CPU frequency added to the last run, a logarithm; it was taken out.
    """

    series: Evidence
    pools: Evidence
    of_series: Detection
    of_pools: Detection
    detected_by: NDArray[np.intp]
    by_frequency: Floats


def decide(logs: Floats, watched: Watched, rule: Rule, fresh: Floats | None = None) -> Decided:
    """Detect what changed in a run.

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
    frequency = cpu_frequency(logs, watched.pools, watched.on_processor, rule)
    of_series, of_pools = _weighed(logs, watched, rule, frequency)
    sign, detected_by = detect(of_series, of_pools, watched, rule)
    anew = pools_anew = None
    if fresh is not None:
        anew = frequency.without(fresh) - of_series.earlier.level
        pools_anew = _pooled(anew, frequency.moved_in(fresh), frequency, watched, of_series)
    n = len(detected_by)
    parts = confirm(of_pools, sign[n:], watched.pool_margins, pools_anew, rule)
    if frequency.place >= 0:  # what is measured minutes later goes with it: runs confirm it
        parts.confirmed[frequency.place] &= is_rare(of_pools, 0, rule)[frequency.place]
    cases = confirm(of_series, sign[:n], watched.margins, anew, rule)
    cases = with_pools(cases, parts, detected_by, anew)
    by_frequency = frequency.share * frequency.moved[-1]
    decided = Decided(of_series, of_pools, cases, parts, detected_by, by_frequency)
    return attribute_to_frequency(decided, watched, frequency)


def _weighed(
    logs: Floats, watched: Watched, rule: Rule, frequency: CpuFrequency
) -> tuple[Evidence, Evidence]:
    """Weigh series and pools without the effect of the CPU frequency, and that frequency."""
    _, last = split(len(logs), rule)
    net = frequency.without(logs)
    common = frequency.moved[last][:, None] * frequency.share_std
    of_series = weigh(net, watched.margins, rule, common)
    deviations = net - of_series.earlier.level
    together = _pooled(deviations, frequency.moved, frequency, watched, of_series)
    share_std, usual = np.zeros(len(watched.pools)), np.full(len(watched.pools), np.nan)
    for place, pool in enumerate(watched.pools):
        if place == frequency.place:
            usual[place] = rule.usual_frequency_std
        else:
            share_std[place] = np.median(frequency.share_std[list(pool.members)])
    common = frequency.moved[last][:, None] * share_std
    return of_series, weigh(together, watched.pool_margins, rule, common, usual)


def _pooled(
    net: Floats, moved: Floats, frequency: CpuFrequency, watched: Watched, of_series: Evidence
) -> Floats:
    """Make the series of pools; that of the CPU frequency is its own."""
    made = pooled(net, watched.pools, of_series.earlier.std)
    if frequency.place >= 0:
        made[:, frequency.place] = moved
    return made
