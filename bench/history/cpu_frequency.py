"""The CPU frequency, run by run, and how much of its change each series shares.

A processor that shares its power, or its machine, with others is some percent faster for half
an hour and slower for the next: everything that it does moves together, an empty call of
Python as well as a matrix product. What the controls that never leave its caches have in
common estimates its frequency; a case is judged by what it did besides.

A series moves by a share of the frequency, 1 for what waits for nothing else. The share is
estimated from earlier runs with a prior (a regression with a normal prior; Hoerl & Kennard
1970, *Technometrics* 12:55). The estimated frequency has an error itself, by how far its parts
lie apart, which is taken out of the regression (Fuller 1987, *Measurement Error Models*,
section 1.2): a frequency that never moved says nothing of shares. The error of a share is an
error of every change, by as much as the frequency moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.history.evidence import split
from bench.history.pools import CPU_FREQUENCY, Pool, pooled
from bench.stats.location import earlier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bench.history.rule import Rule
    from bench.stats.location import Earlier, Floats

#: The variance of a median of normal values, over that of their mean.
OF_MEDIAN = np.pi / 2


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
        net: Floats = logs - np.where(self.share == 0, 0.0, by)
        return net


def cpu_frequency(
    logs: Floats, pools: Sequence[Pool], on_processor: NDArray[np.bool_], rule: Rule
) -> CpuFrequency:
    """Estimate the CPU frequency, and which series went with it.

    Parameters
    ----------
    logs : ndarray, shape (n_runs, n_series)
        Logarithms of seconds, today's run last; NaN where a run lacks a series.
    pools : sequence of Pool
    on_processor : ndarray of bool, shape (n_series,)
    rule : Rule

    Returns
    -------
    CpuFrequency
    """
    before, _ = split(len(logs), rule)
    past = earlier(logs[before], rule.min_std)
    places = [n for n, pool in enumerate(pools) if pool.name == CPU_FREQUENCY]
    chosen = [pools[n] for n in places]
    moved = _moved(logs, past, chosen)
    n_earlier = np.sum(np.isfinite(moved[before]))
    if not chosen or not np.isfinite(moved[-1]) or n_earlier < rule.fewest_earlier:
        nothing = np.zeros(logs.shape[1])
        return CpuFrequency(-1, np.zeros(len(logs)), nothing, nothing, (), past)
    deviations = logs[before] - past.level
    noise = _noise(deviations, moved[before], chosen[0], past, rule)
    share, share_std = _shares(deviations, moved[before], noise, rule)
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


def _noise(deviations: Floats, moved: Floats, pool: Pool, past: Earlier, rule: Rule) -> float:
    """Estimate the variance of the estimated frequency, by how far its parts lie from it."""
    parts = [Pool(CPU_FREQUENCY, True, members, pool.device) for members in pool.parts]
    apart = pooled(deviations, parts, past.std) - moved[:, None]
    variances = earlier(apart, rule.min_std).raw_std ** 2
    return float(OF_MEDIAN * np.nanmean(variances) / len(parts))


def _shares(
    deviations: Floats, moved: Floats, noise: float, rule: Rule
) -> tuple[Floats, Floats]:
    """Estimate the shares of the frequency, and how well they are known."""
    share = np.ones(deviations.shape[1])
    share_std = np.full(deviations.shape[1], rule.frequency_share_std)
    for _ in range(rule.frequency_iterations):
        by_frequency = moved[:, None] * share
        past = earlier(deviations - by_frequency, rule.min_std)
        bound = rule.frequency_outlier_stds * past.std
        near = (
            np.clip(deviations - by_frequency, past.level - bound, past.level + bound)
            + by_frequency
        )
        share, share_std = _regressed(near, moved, noise, past.std, rule)
    return share, share_std


def _regressed(
    deviations: Floats, moved: Floats, noise: float, std: Floats, rule: Rule
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
    share_std = 1 / np.sqrt(known + 1 / rule.frequency_share_std**2)
    share = 1 + np.where(known > 0, slope, 0.0) * known * share_std**2
    return share, share_std
