"""Steps and slow drift of every kernel and part of the machine, through all fingerprints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.tracking.change_points import NORMAL_MAD, steps
from bench.analyze.tracking.dated import change_of, days_of, drift_of
from bench.analyze.tracking.drift import drift
from bench.analyze.tracking.pools import pooled
from bench.analyze.tracking.rule import RULE
from bench.analyze.tracking.what_changed import what_changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.analyze.tracking.history import History
    from bench.analyze.tracking.spread import Floats
    from bench.analyze.tracking.watched import Watched
    from bench.analyze.verdicts.long_term import Change, Drift


def long_term(
    history: History, watched: Watched
) -> tuple[tuple[Change, ...], tuple[Drift, ...]]:
    """Find steps and drifts.

    Parameters
    ----------
    history : History
    watched : Watched

    Returns
    -------
    changes : tuple of Change
        The newest first.
    drifts : tuple of Drift
    """
    changes, drifts = [], []
    days = days_of(history.runs)
    for name, logs, margin in _series(history, watched):
        rows = np.flatnonzero(np.isfinite(logs))
        found = steps(logs[rows], margin)
        slope = drift(logs[rows], days[rows], found, margin)
        if slope is not None:
            drifts.append(drift_of(name, history.runs, rows, slope))
        else:
            shown = history.runs.iloc[rows].reset_index(drop=True)
            changes += [
                change_of(name, history.runs, rows, one, what_changed(shown, one.place))
                for one in found
            ]
    changes.sort(key=lambda one: one.first_after, reverse=True)
    return tuple(changes), tuple(drifts)


def _series(history: History, watched: Watched) -> Iterator[tuple[str, Floats, float]]:
    """Yield pools, and the cases that are in none, each with its name and margin."""
    logs = history.logs
    known = np.any(np.isfinite(logs), axis=0)
    centred = logs - np.nanmedian(np.where(known, logs, 0.0), axis=0)
    spread = NORMAL_MAD * np.nanmedian(np.abs(np.where(known, centred, 0.0)), axis=0)
    together = pooled(centred, watched.pools, np.maximum(spread, RULE.least_spread))
    for column, pool in enumerate(watched.pools):
        what = "machine:" if pool.machine else "kernel"
        yield f"{what} {pool.name}", together[:, column], float(watched.pool_margins[column])
    pooled_already = {member for pool in watched.pools for member in pool.members}
    for column, key in enumerate(history.series["key"].astype(str)):
        if column not in pooled_already:
            yield key, logs[:, column], float(watched.margins[column])
