"""Steps and drift of single cases: what a page shows beside those of kernels.

A drift looks like several steps of one direction: where a line says it better than they do,
it is told as a drift, as for kernels in ``bench.analyze.tracking.long_term``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.tracking.change_points import Step
from bench.analyze.tracking.dated import change_of, days_of, drift_of
from bench.analyze.tracking.drift import drift
from bench.analyze.tracking.what_changed import what_changed

if TYPE_CHECKING:
    import pandas as pd

    from bench.analyze.tracking.drift import Slope
    from bench.analyze.tracking.history import History
    from bench.analyze.tracking.spread import Floats
    from bench.analyze.verdicts.long_term import Change, Drift
    from bench.analyze.verdicts.margins import Margins

#: Slopes between all pairs of runs take long for many: longer series are put into so many
#: blocks of successive runs, each of which counts by its median.
MOST_BLOCKS = 150


def series_changes(
    history: History, table: pd.DataFrame, margins: Margins
) -> tuple[tuple[Change, ...], tuple[Drift, ...]]:
    """Tell the steps of single cases from drift.

    Parameters
    ----------
    history : History
    table : DataFrame
        From ``bench.analyze.tracking.table.history_table``, with the steps.
    margins : Margins

    Returns
    -------
    changes : tuple of Change
        The newest first; none of a case that drifts.
    drifts : tuple of Drift
    """
    found = _steps(history, table)
    days = days_of(history.runs)
    texts: dict[tuple[bytes, int], tuple[str, ...]] = {}
    changes, drifts = [], []
    for column, key in enumerate(history.series["key"].astype(str)):
        rows = np.flatnonzero(np.isfinite(history.logs[:, column]))
        steps = found.get(key, [])
        margin = float(np.log1p(margins.of(key)))
        slope = _slope(history.logs[rows, column], days[rows], steps, margin)
        if slope is not None:
            drifts.append(drift_of(key, history.runs, rows, slope))
            continue
        for one in steps:
            told = (rows.tobytes(), one.place)
            if told not in texts:
                texts[told] = what_changed(history.runs.iloc[rows], one.place)
            changes.append(change_of(key, history.runs, rows, one, texts[told]))
    changes.sort(key=lambda one: one.first_after, reverse=True)
    return tuple(changes), tuple(drifts)


def _steps(history: History, table: pd.DataFrame) -> dict[str, list[Step]]:
    """Read the steps of each series from the table, by its place among the runs that tell."""
    place = {run: n for n, run in enumerate(history.runs["run"])}
    column = {key: n for n, key in enumerate(history.series["key"])}
    before = np.cumsum(np.isfinite(history.logs), axis=0) - 1
    found: dict[str, list[Step]] = {}
    columns = ["key", "run", "step", "step_low", "step_high"]
    for key, run, *sizes in table.loc[table["step"].notna(), columns].itertuples(index=False):
        at = int(before[place[run], column[key]])
        found.setdefault(str(key), []).append(Step(at, *(float(np.log(x)) for x in sizes)))
    return found


def _slope(logs: Floats, days: Floats, steps: list[Step], margin: float) -> Slope | None:
    """Say whether a series drifts, by its blocks where it is long."""
    size = -(-len(logs) // MOST_BLOCKS)
    if size <= 1:
        return drift(logs, days, steps, margin)
    n_left_out = len(logs) % size  # of the oldest
    blocks = np.median(logs[n_left_out:].reshape(-1, size), axis=1)
    middles = np.mean(days[n_left_out:].reshape(-1, size), axis=1)
    places = sorted({round((one.place - n_left_out) / size) for one in steps})
    moved = [replace(steps[0], place=one) for one in places if 0 < one < len(blocks)]
    return drift(blocks, middles, moved, margin)
