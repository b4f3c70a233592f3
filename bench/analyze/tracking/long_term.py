"""Steps and slow drift of every kernel and part of the machine, through all fingerprints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.tracking.change_points import NORMAL_MAD, steps
from bench.analyze.tracking.drift import drift
from bench.analyze.tracking.pools import pooled
from bench.analyze.tracking.rule import RULE
from bench.analyze.tracking.what_changed import what_changed
from bench.analyze.verdicts.long_term import Change, Drift

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from bench.analyze.tracking.change_points import Step
    from bench.analyze.tracking.deciding import Watched
    from bench.analyze.tracking.drift import Slope
    from bench.analyze.tracking.history import History
    from bench.analyze.tracking.spread import Floats

DAYS_OF_A_MONTH = 30
DAY_NS = 86_400e9


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
    days = _days(history.runs)
    for name, logs, margin in _series(history, watched):
        rows = np.flatnonzero(np.isfinite(logs))
        found = steps(logs[rows], margin)
        slope = drift(logs[rows], days[rows], found, margin)
        if slope is not None:
            drifts.append(_drift(name, history.runs, rows, slope))
        else:
            changes += [_change(name, history.runs, rows, one) for one in found]
    changes.sort(key=lambda one: one.first_after, reverse=True)
    return tuple(changes), tuple(drifts)


def _days(runs: pd.DataFrame) -> Floats:
    taken = runs["taken"].to_numpy(dtype="datetime64[ns]").astype(np.int64)
    days: Floats = (taken - taken[0]) / DAY_NS
    return days


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


def _change(name: str, runs: pd.DataFrame, rows: NDArray[np.intp], step: Step) -> Change:
    before, after = (int(rows[place]) for place in (step.place - 1, step.place))
    shown = runs.iloc[rows].reset_index(drop=True)
    return Change(
        name=name,
        last_before=runs["taken"].iloc[before].to_pydatetime(),
        first_after=runs["taken"].iloc[after].to_pydatetime(),
        run=str(runs["run"].iloc[after]),
        ratio=float(np.exp(step.size)),
        low=float(np.exp(step.low)),
        high=float(np.exp(step.high)),
        what_changed=what_changed(shown, step.place),
    )


def _drift(name: str, runs: pd.DataFrame, rows: NDArray[np.intp], slope: Slope) -> Drift:
    month = [
        float(np.exp(DAYS_OF_A_MONTH * one)) for one in (slope.a_day, slope.low, slope.high)
    ]
    return Drift(
        name=name,
        since=runs["taken"].iloc[int(rows[0])].to_pydatetime(),
        n_runs=len(rows),
        ratio_a_month=month[0],
        low=month[1],
        high=month[2],
        ratio=float(np.exp(slope.total)),
    )
