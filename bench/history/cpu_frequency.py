"""What the processor's clock did, run by run, and how much of it each series shares.

A processor that shares its power, or its machine, with others is some percent faster for half
an hour and slower for the next: everything that it does moves together, an empty call of
Python as well as a matrix product. What all controls have in common that never leave its
caches is the clock; what a case did besides is what is asked of the case.

A series moves by a share of the clock, 1 for what waits for nothing else. The share is told by
earlier runs together with what is known without any (a regression with a normal prior; Hoerl &
Kennard 1970, *Technometrics* 12:55). What is told of the clock has an error itself, by how far
its parts lie apart, which is taken out of what the regression rests on (Fuller 1987,
*Measurement Error Models*, section 1.2): a clock that never moved says nothing of shares. What
is not known of a share is an error of every change, by as much as the clock lies off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.history.evidence import split
from bench.history.pools import CLOCK, Pool, pooled
from bench.stats.location import earlier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bench.history.rule import Rule
    from bench.stats.location import Earlier, Floats

#: The variance of a median of normal values, over that of their mean.
OF_MEDIAN = np.pi / 2


@dataclass(frozen=True)
class Clock:
    """What is known of the clock.

    Attributes
    ----------
    place : int
        Of its pool; -1 where nothing tells it, and nothing is taken out.
    moved : ndarray, shape (n_runs,)
        By how much the processor was slower than in earlier runs, a logarithm; NaN for a run
        that does not tell.
    share, doubt : ndarray, shape (n_series,)
        Of what the clock does how much a series does, and the standard error of that; 0 for
        what does not run on the processor.
    pools : sequence of Pool
        That of the clock, or none.
    told : Earlier
        What earlier runs say of each series, as measured.
    """

    place: int
    moved: Floats
    share: Floats
    doubt: Floats
    pools: Sequence[Pool]
    told: Earlier

    def moved_in(self, logs: Floats) -> Floats:
        """Say by how much the processor was slower in other runs.

        Parameters
        ----------
        logs : ndarray, shape (n_runs, n_series)

        Returns
        -------
        ndarray, shape (n_runs,)
        """
        return _moved(logs, self.told, self.pools)

    def without(self, logs: Floats) -> Floats:
        """Take out of runs what the clock did.

        Parameters
        ----------
        logs : ndarray, shape (n_runs, n_series)

        Returns
        -------
        ndarray, shape (n_runs, n_series)
        """
        by = self.moved_in(logs)[:, None] * self.share
        net: Floats = logs - np.where(self.share == 0, 0.0, by)
        return net


def clock(
    logs: Floats, pools: Sequence[Pool], on_processor: NDArray[np.bool_], rule: Rule
) -> Clock:
    """Say what the clock did, and which series went with it.

    Parameters
    ----------
    logs : ndarray, shape (n_runs, n_series)
        Logarithms of seconds, today's run last; NaN where a run lacks a series.
    pools : sequence of Pool
    on_processor : ndarray of bool, shape (n_series,)
    rule : Rule

    Returns
    -------
    Clock
    """
    before, _ = split(len(logs), rule)
    told = earlier(logs[before], rule.min_std)
    places = [n for n, pool in enumerate(pools) if pool.name == CLOCK]
    found = [pools[n] for n in places]
    moved = _moved(logs, told, found)
    n_earlier = np.sum(np.isfinite(moved[before]))
    if not found or not np.isfinite(moved[-1]) or n_earlier < rule.fewest_earlier:
        nothing = np.zeros(logs.shape[1])
        return Clock(-1, np.zeros(len(logs)), nothing, nothing, (), told)
    deviations = logs[before] - told.level
    noise = _noise(deviations, moved[before], found[0], told, rule)
    share, doubt = _shares(deviations, moved[before], noise, rule)
    return Clock(
        places[0],
        moved,
        np.where(on_processor, share, 0.0),
        np.where(on_processor, doubt, 0.0),
        found,
        told,
    )


def _moved(logs: Floats, told: Earlier, found: Sequence[Pool]) -> Floats:
    if not found:
        return np.zeros(len(logs))
    return pooled(logs - told.level, found, told.spread)[:, 0]


def _noise(deviations: Floats, moved: Floats, pool: Pool, told: Earlier, rule: Rule) -> float:
    """Estimate the variance of what is told of the clock, by how far its parts lie from it."""
    parts = [Pool(CLOCK, True, members, pool.device) for members in pool.parts]
    apart = pooled(deviations, parts, told.spread) - moved[:, None]
    variances = earlier(apart, rule.min_std).seen ** 2
    return float(OF_MEDIAN * np.nanmean(variances) / len(parts))


def _shares(
    deviations: Floats, moved: Floats, noise: float, rule: Rule
) -> tuple[Floats, Floats]:
    """Estimate the shares of the clock, and how well they are known."""
    share = np.ones(deviations.shape[1])
    doubt = np.full(deviations.shape[1], rule.frequency_share_std)
    for _ in range(rule.frequency_iterations):
        by_clock = moved[:, None] * share
        told = earlier(deviations - by_clock, rule.min_std)
        bound = rule.frequency_outlier_stds * told.spread
        near = np.clip(deviations - by_clock, told.level - bound, told.level + bound) + by_clock
        share, doubt = _regressed(near, moved, noise, told.spread, rule)
    return share, doubt


def _regressed(
    deviations: Floats, moved: Floats, noise: float, spread: Floats, rule: Rule
) -> tuple[Floats, Floats]:
    there = np.isfinite(deviations) & np.isfinite(moved[:, None])
    n = np.maximum(there.sum(axis=0), 1)
    by_clock = np.where(there, moved[:, None], 0.0)
    by_clock -= np.where(there, by_clock.sum(axis=0) / n, 0.0)
    seen = np.sum(by_clock**2, axis=0)
    of_clock = np.maximum(seen - n * noise, 0.0)
    variance = np.where(np.isfinite(spread), spread, np.inf) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        known = np.where(seen > 0, of_clock**2 / (seen * variance), 0.0)
        beyond_one = np.where(there, deviations - moved[:, None], 0.0)
        found = (np.sum(by_clock * beyond_one, axis=0) + n * noise) / of_clock
    doubt = 1 / np.sqrt(known + 1 / rule.frequency_share_std**2)
    share = 1 + np.where(known > 0, found, 0.0) * known * doubt**2
    return share, doubt
