"""Takes out of a run's times when each case had its turn, by the yardstick timed beside it.

The processor is some percent slower for seconds at a time, so what a case took in a process
depends on when that was; the yardstick says what the same work took at that moment (see
``bench.measure.yardstick``). How much of it a case shares is told by how its processes within
a run lie apart, over all runs: no change from run to run goes into it. A yardstick is also
slower beside some cases than beside others, always: what is left in a row once that and what
all of the run share is taken out (a median polish; Tukey 1977, *Exploratory Data Analysis*,
chapter 11), the case's turn in this run, is taken out of its time. The processor itself, as
the run as a whole saw it, is left in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.tracking.run_time import (
    FEWEST,
    ONE_IN_STEADIED,
    log_matrix,
    together,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd

    from bench.analyze.tracking.spread import Floats

#: Between which numbers the share of a case lies.
LEAST_SHARE, MOST_SHARE = 0.0, 2.0
#: What lies farther from the others than so many spreads says no more of the share.
FARTHEST = 2.0
TIMES = 4
#: A spread below is taken for it: times are kept to no more digits.
LEAST_SPREAD = 1e-5
#: The standard deviation of a normal distribution over its median absolute deviation.
OF_NORMAL = 1.4826


@dataclass(frozen=True)
class Steadying:
    """How cases go with the yardstick.

    Attributes
    ----------
    shares : mapping of str to float
        By case: of what the yardstick is slower by, how much the case is.
    offsets : mapping of str to float
        Logarithm: by how much the yardstick is slower beside the case than beside others.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    offsets: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Rows:
    """Measurements with a yardstick; logarithms, NaN beyond the processes that there are.

    Attributes
    ----------
    numbers : ndarray of int, shape (n,)
        Of rows of the table.
    keys, runs : ndarray, shape (n,)
    times, yardsticks : ndarray, shape (n, n_processes)
    """

    numbers: np.ndarray
    keys: np.ndarray
    runs: np.ndarray
    times: Floats
    yardsticks: Floats


def steadied(
    table: pd.DataFrame,
    logs: Floats,
    plain: Collection[str],
    known: Steadying | None = None,
) -> tuple[Floats, Steadying]:
    """Steady what runs say of cases.

    Parameters
    ----------
    table : DataFrame
        A row for each case and run: ``key``, ``run``, ``process_fifth_percentiles``,
        ``process_yardsticks``.
    logs : ndarray, shape (n_rows,)
        What the rows say as they are.
    plain : collection of str
        Cases that are told by medians, and left alone.
    known : Steadying, optional
        What earlier runs say; else it is learned from these.

    Returns
    -------
    logs : ndarray, shape (n_rows,)
        As given of a case of which some run has no yardstick, or fewer than four processes.
    steadying : Steadying
    """
    rows = _rows(table, plain, known)
    if not len(rows.numbers):
        return logs, known or Steadying()
    if known is None:
        known = Steadying(_shares(rows))
        known = Steadying(known.shares, _offsets(rows))
    share = np.array([known.shares[key] for key in rows.keys])
    offset = np.array([known.offsets[key] for key in rows.keys])
    mean = np.nanmean(rows.yardsticks, axis=1)
    within = rows.times - share[:, None] * (rows.yardsticks - mean[:, None])
    turn = _without_the_run(mean - offset, rows.runs)
    made = logs.copy()
    made[rows.numbers] = together(within, ONE_IN_STEADIED) - share * turn
    return made, known


def _rows(table: pd.DataFrame, plain: Collection[str], known: Steadying | None) -> _Rows:
    """Pick the rows of cases that have a yardstick in every run."""
    keys = table["key"].astype(str).to_numpy()
    columns = (table["process_fifth_percentiles"], table["process_yardsticks"])
    times, yardsticks = (log_matrix([_list(one) for one in column]) for column in columns)
    n_times, n_yardsticks = (np.sum(np.isfinite(one), axis=1) for one in (times, yardsticks))
    sound = (n_times == n_yardsticks) & (n_times >= FEWEST)
    wanted = set(keys if known is None else known.shares) - set(keys[~sound]) - set(plain)
    numbers = np.flatnonzero(np.isin(keys, list(wanted)))
    most = int(n_times[numbers].max(initial=0))
    runs = table["run"].astype(str).to_numpy()
    return _Rows(
        numbers,
        keys[numbers],
        runs[numbers],
        times[numbers, :most],
        yardsticks[numbers, :most],
    )


def _list(value: object) -> Sequence[float]:
    return value if isinstance(value, (list, tuple, np.ndarray)) else ()  # type: ignore[return-value]


def _of_each(names: np.ndarray) -> Iterable[tuple[str, np.ndarray]]:
    """Yield each name with the places where it stands."""
    order = np.argsort(names, kind="stable")
    found, begins = np.unique(names[order], return_index=True)
    return zip(map(str, found), np.split(order, begins[1:]), strict=True)


def _shares(rows: _Rows) -> dict[str, float]:
    """Estimate the share of each case: by a regression through the processes of each run."""
    moved = rows.yardsticks - np.nanmean(rows.yardsticks, axis=1, keepdims=True)
    times = rows.times - np.nanmedian(rows.times, axis=1, keepdims=True)
    return {key: _share(moved[some], times[some]) for key, some in _of_each(rows.keys)}


def _share(moved: Floats, times: Floats) -> float:
    """Regress with a normal prior of 0 and 1: a case goes with it where runs say so."""
    there = np.isfinite(moved)
    share = 0.0
    for _ in range(TIMES):
        left = times - share * moved
        left = left - np.nanmedian(left, axis=1, keepdims=True)
        spread = max(OF_NORMAL * float(np.nanmedian(np.abs(left))), LEAST_SPREAD)
        near = np.clip(left, -FARTHEST * spread, FARTHEST * spread) + share * moved
        precision = np.sum(moved[there] ** 2) / spread**2 + 1.0
        share = float(np.sum((moved * near)[there]) / spread**2 / precision)
    return min(max(share, LEAST_SHARE), MOST_SHARE)


def _offsets(rows: _Rows) -> dict[str, float]:
    """Say beside which cases the yardstick is slower."""
    mean = np.nanmean(rows.yardsticks, axis=1)
    left = mean.copy()
    for _ in range(TIMES):
        left = _without_the_run(left, rows.runs)
        for _, some in _of_each(rows.keys):
            left[some] -= np.median(left[some])
    of_case = _without_the_run(mean - left, rows.runs)
    return {key: float(np.median(of_case[some])) for key, some in _of_each(rows.keys)}


def _without_the_run(values: Floats, runs: np.ndarray) -> Floats:
    """Take out of each run what all of its cases have in common."""
    made: Floats = values.copy()
    for _, some in _of_each(runs):
        made[some] -= np.median(values[some])
    return made
