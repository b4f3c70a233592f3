"""Decides what changed in a run, the effect of the CPU frequency taken out first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.history.evidence import (
    Detection,
    Evidence,
    confirm,
    detect,
    is_rare,
    split,
    weigh,
    with_pools,
)
from bench.history.pools import CPU_FREQUENCY, Pool, Watched, pooled
from bench.history.rule import RULE
from bench.stats.medians import Earlier, Floats, earlier

# Cases whose change is fully explained by the CPU frequency.


def attribute_to_frequency(
    decided: Decided, watched: Watched, frequency: CpuFrequency
) -> Decided:
    """Detect the cases that changed with the CPU frequency, where that changed.

    Parameters
    ----------
    decided : Decided
        Cases are judged without the effect of the CPU frequency.

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


def decide(logs: Floats, watched: Watched, fresh: Floats | None = None) -> Decided:
    """Detect what changed in a run.

    Parameters
    ----------
    logs : ndarray, shape (n_runs, n_series)
        Logarithms of seconds, the run in question last; NaN where a run tells nothing. A run
        that tells nothing at all is passed over.
    fresh : ndarray, shape (n_times, n_series), optional
        What was measured again, in fresh processes, so many times; NaN where it was not.
    """
    telling = np.any(np.isfinite(logs), axis=1)
    telling[-1] = True
    logs = logs[telling]
    logs = logs[split(len(logs))[0].start :]
    frequency = cpu_frequency(logs, watched.pools, watched.on_processor)
    of_series, of_pools = _weighed(logs, watched, frequency)
    sign, detected_by = detect(of_series, of_pools, watched)
    anew = pools_anew = None
    if fresh is not None:
        anew = frequency.without(fresh) - of_series.earlier.level
        pools_anew = _pooled(anew, frequency.moved_in(fresh), frequency, watched, of_series)
    n = len(detected_by)
    parts = confirm(of_pools, sign[n:], watched.pool_margins, pools_anew)
    if frequency.place >= 0:  # what is measured minutes later goes with it: runs confirm it
        parts.confirmed[frequency.place] &= is_rare(of_pools, 0)[frequency.place]
    cases = confirm(of_series, sign[:n], watched.margins, anew)
    cases = with_pools(cases, parts, detected_by, anew)
    by_frequency = frequency.share * frequency.moved[-1]
    decided = Decided(of_series, of_pools, cases, parts, detected_by, by_frequency)
    return attribute_to_frequency(decided, watched, frequency)


def _weighed(
    logs: Floats, watched: Watched, frequency: CpuFrequency
) -> tuple[Evidence, Evidence]:
    """Weigh series and pools without the effect of the CPU frequency, and that frequency."""
    _, last = split(len(logs))
    net = frequency.without(logs)
    common = frequency.moved[last][:, None] * frequency.share_std
    of_series = weigh(net, watched.margins, common)
    deviations = net - of_series.earlier.level
    together = _pooled(deviations, frequency.moved, frequency, watched, of_series)
    share_std, usual = np.zeros(len(watched.pools)), np.full(len(watched.pools), np.nan)
    for place, pool in enumerate(watched.pools):
        if place == frequency.place:
            usual[place] = RULE.usual_frequency_std
        else:
            share_std[place] = np.median(frequency.share_std[list(pool.members)])
    common = frequency.moved[last][:, None] * share_std
    return of_series, weigh(together, watched.pool_margins, common, usual)


def _pooled(
    net: Floats, moved: Floats, frequency: CpuFrequency, watched: Watched, of_series: Evidence
) -> Floats:
    """Make the series of pools; that of the CPU frequency is its own."""
    made = pooled(net, watched.pools, of_series.earlier.std)
    if frequency.place >= 0:
        made[:, frequency.place] = moved
    return made


#: The variance of a median of normal values, over that of their mean.
OF_MEDIAN = np.pi / 2


# The CPU frequency, run by run, and how much of its change each series shares.
#
# A processor that shares its power, or its machine, with others is some percent faster for
# half an hour and slower for the next: everything that it does moves together, an empty call
# of Python as well as a matrix product. What the controls that never leave its caches have in
# common estimates its frequency; a case is judged by what it did besides.
#
# A series moves by a share of the frequency, 1 for what waits for nothing else. The share is
# estimated from earlier runs with a prior (a regression with a normal prior; Hoerl & Kennard
# 1970, *Technometrics* 12:55). The estimated frequency has an error itself, by how far its
# parts lie apart, which is taken out of the regression (Fuller 1987, *Measurement Error
# Models*, section 1.2): a frequency that never moved says nothing of shares. The error of a
# share is an error of every change, by as much as the frequency moved.


@dataclass(frozen=True)
class CpuFrequency:
    """The estimated CPU frequency.

    Attributes
    ----------
    place : int
        Of its pool; -1 where nothing estimates it, and nothing is taken out.
    moved : ndarray, shape (n_runs,)
        By how much the processor was slower than in earlier runs, a logarithm; NaN for a run
        that does not tell.
    share, share_std : ndarray, shape (n_series,)
        How much of the frequency's change a series shares, and the standard error of that; 0
        for what does not run on the processor.
    pools : sequence of Pool
        That of the frequency, or none.
    earlier : Earlier
        Where the earlier runs of each series lie, as measured.
    """

    place: int
    moved: Floats
    share: Floats
    share_std: Floats
    pools: Sequence[Pool]
    earlier: Earlier

    def moved_in(self, logs: Floats) -> Floats:
        """Say by how much the processor was slower in other runs.

        Parameters
        ----------
        logs : ndarray, shape (n_runs, n_series)

        Returns
        -------
        ndarray, shape (n_runs,)
        """
        return _moved(logs, self.earlier, self.pools)

    def without(self, logs: Floats) -> Floats:
        """Take the effect of the frequency out of runs.

        Parameters
        ----------
        logs : ndarray, shape (n_runs, n_series)

        Returns
        -------
        ndarray, shape (n_runs, n_series)
        """
        by = self.moved_in(logs)[:, None] * self.share
        return logs - np.where(self.share == 0, 0.0, by)


def cpu_frequency(
    logs: Floats, pools: Sequence[Pool], on_processor: NDArray[np.bool_]
) -> CpuFrequency:
    """Estimate the CPU frequency, and which series went with it.

    Parameters
    ----------
    logs : ndarray, shape (n_runs, n_series)
        Logarithms of seconds, today's run last; NaN where a run lacks a series.
    on_processor : ndarray of bool, shape (n_series,)
    """
    before, _ = split(len(logs))
    past = earlier(logs[before], RULE.min_std)
    places = [n for n, pool in enumerate(pools) if pool.name == CPU_FREQUENCY]
    chosen = [pools[n] for n in places]
    moved = _moved(logs, past, chosen)
    n_earlier = np.sum(np.isfinite(moved[before]))
    if not chosen or not np.isfinite(moved[-1]) or n_earlier < RULE.fewest_earlier:
        nothing = np.zeros(logs.shape[1])
        return CpuFrequency(-1, np.zeros(len(logs)), nothing, nothing, (), past)
    deviations = logs[before] - past.level
    noise = _noise(deviations, moved[before], chosen[0], past)
    share, share_std = _shares(deviations, moved[before], noise)
    return CpuFrequency(
        places[0],
        moved,
        np.where(on_processor, share, 0.0),
        np.where(on_processor, share_std, 0.0),
        chosen,
        past,
    )


def _moved(logs: Floats, past: Earlier, pools: Sequence[Pool]) -> Floats:
    if not pools:
        return np.zeros(len(logs))
    return pooled(logs - past.level, pools, past.std)[:, 0]


def _noise(deviations: Floats, moved: Floats, pool: Pool, past: Earlier) -> float:
    """Estimate the variance of the estimated frequency, by how far its parts lie from it."""
    parts = [Pool(CPU_FREQUENCY, True, members, pool.device) for members in pool.parts]
    apart = pooled(deviations, parts, past.std) - moved[:, None]
    variances = earlier(apart, RULE.min_std).raw_std ** 2
    return float(OF_MEDIAN * np.nanmean(variances) / len(parts))


def _shares(deviations: Floats, moved: Floats, noise: float) -> tuple[Floats, Floats]:
    """Estimate the shares of the frequency, and how well they are known."""
    share = np.ones(deviations.shape[1])
    share_std = np.full(deviations.shape[1], RULE.frequency_share_std)
    for _ in range(RULE.frequency_iterations):
        by_frequency = moved[:, None] * share
        past = earlier(deviations - by_frequency, RULE.min_std)
        bound = RULE.frequency_outlier_stds * past.std
        near = (
            np.clip(deviations - by_frequency, past.level - bound, past.level + bound)
            + by_frequency
        )
        share, share_std = _regressed(near, moved, noise, past.std)
    return share, share_std


def _regressed(
    deviations: Floats, moved: Floats, noise: float, std: Floats
) -> tuple[Floats, Floats]:
    there = np.isfinite(deviations) & np.isfinite(moved[:, None])
    n = np.maximum(there.sum(axis=0), 1)
    by_frequency = np.where(there, moved[:, None], 0.0)
    by_frequency -= np.where(there, by_frequency.sum(axis=0) / n, 0.0)
    squares = np.sum(by_frequency**2, axis=0)
    of_frequency = np.maximum(squares - n * noise, 0.0)
    variance = np.where(np.isfinite(std), std, np.inf) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        known = np.where(squares > 0, of_frequency**2 / (squares * variance), 0.0)
        beyond_one = np.where(there, deviations - moved[:, None], 0.0)
        slope = (np.sum(by_frequency * beyond_one, axis=0) + n * noise) / of_frequency
    share_std = 1 / np.sqrt(known + 1 / RULE.frequency_share_std**2)
    share = 1 + np.where(known > 0, slope, 0.0) * known * share_std**2
    return share, share_std
