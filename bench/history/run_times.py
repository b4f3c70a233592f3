"""What a run says of a case: one time, corrected for drift by the yardstick beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.history.rule import RULE
from bench.stats.medians import NORMAL_MAD, Floats

Places = NDArray[np.intp]

# The time of a case in a run, from those of its processes.
#
# Of each process it is the fifth percentile of its rounds, and of four processes and more the
# geometric mean of the fastest third, or half where drift was corrected. What disturbs a round
# or a process only ever makes it longer; and some processes are slow from their beginning to
# their end: with ``nd.sgd_update`` on two cores one in seven took at least 15% longer, in a
# run now and then half of them. A median is moved by how many of these a run happens to have;
# what makes all of them slower moves the fastest as much. That more of them are slow than
# before it does not show.


def log_matrix(rows: Sequence[Sequence[float]]) -> Floats:
    """Return the logarithms of the processes' times of many measurements.

    Parameters
    ----------
    rows : sequence of sequence of float
        Seconds.

    Returns
    -------
    ndarray, shape (n_rows, n_processes)
        NaN beyond the processes that there are, and throughout for a row with a time that is
        missing or not above zero.
    """
    n = np.fromiter(map(len, rows), int, len(rows))
    there = np.arange(n.max(initial=0)) < n[:, None]
    logs = np.full(there.shape, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        logs[there] = np.log(np.fromiter(chain.from_iterable(rows), float, int(n.sum())))
    logs[np.any(there & ~np.isfinite(logs), axis=1)] = np.nan
    return logs


def fastest_mean(logs: Floats, one_in: int = RULE.fastest_one_in) -> Floats:
    """Return the time of each measurement: the mean of its fastest processes.

    Parameters
    ----------
    logs : ndarray, shape (n_rows, n_processes)
        From `log_matrix`.
    one_in : int
        The fastest of so many count.

    Returns
    -------
    ndarray, shape (n_rows,)
        Logarithms; the median of fewer than four processes, NaN without any.
    """
    ordered = np.sort(logs, axis=1)  # NaN comes last
    n = np.sum(np.isfinite(ordered), axis=1)
    fastest = -(-n // one_in)
    inside = np.arange(ordered.shape[1]) < fastest[:, None]
    with np.errstate(invalid="ignore"):  # without any, 0 / 0
        times: Floats = np.sum(np.where(inside, ordered, 0.0), axis=1) / fastest
    for few in range(1, RULE.fewest_processes):
        rows = n == few
        times[rows] = np.median(ordered[rows, :few], axis=1)
    return times


def log_times(table: pd.DataFrame, keys: Iterable[str]) -> Floats:
    """Return the time of each case in each run.

    Parameters
    ----------
    table : DataFrame
        A row for each case and run: ``key``, ``seconds``, ``process_seconds`` and
        ``process_fifth_percentiles``, of which any may be missing.
    keys : iterable of str
        Of cases that medians stand for, since some of their runs hold nothing else.

    Returns
    -------
    ndarray, shape (n_rows,)
        Logarithms; NaN for a time that is missing or not above zero.
    """
    plain = set(keys)
    columns = ("key", "seconds", "process_seconds", "process_fifth_percentiles")
    rows = zip(*(table[name].tolist() for name in columns), strict=True)
    processes = [
        _several(medians if key in plain else fast) or [seconds]
        for key, seconds, medians, fast in rows
    ]
    return fastest_mean(log_matrix(processes))


def by_medians(table: pd.DataFrame) -> set[str]:
    """List the cases of which some run holds no more than medians.

    Parameters
    ----------
    table : DataFrame
        As `log_times` takes.

    Returns
    -------
    set of str
        Their keys: fast rounds of some runs and medians of others can't be compared.
    """
    lacking = [not _several(one) for one in table["process_fifth_percentiles"]]
    return set(table["key"][lacking])


def _several(value: object) -> list[float]:
    """Return the times of several processes; nothing of one, or where they are missing."""
    times = _values(value)
    return list(times) if len(times) > 1 else []


# Correction for drift within a run, by the yardstick timed beside each case.
#
# The processor is some percent slower for seconds at a time, so what a case took in a process
# depends on when that was; the yardstick says what the same work took at that moment (see
# ``bench.measure.rounds``). The share of it that a case has is estimated from how its processes
# within a run lie apart, over all runs: no change from run to run goes into it. A yardstick is
# also slower beside some cases than beside others, always: what is left in a row once that and
# what all of the run share is taken out (a median polish; Tukey 1977, *Exploratory Data
# Analysis*, chapter 11), the case's turn in this run, is taken out of its time. The processor
# itself, as the run as a whole saw it, is left in.


@dataclass(frozen=True)
class DriftCorrection:
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
    names : list of str
        Of the cases.
    cases, runs : ndarray of int, shape (n,)
        Which case and which run, counted from 0.
    times, yardsticks : ndarray, shape (n, n_processes)
    """

    numbers: Places
    names: list[str]
    cases: Places
    runs: Places
    times: Floats
    yardsticks: Floats


def correct_drift(
    table: pd.DataFrame,
    logs: Floats,
    plain: Collection[str],
    known: DriftCorrection | None = None,
) -> tuple[Floats, DriftCorrection]:
    """Correct the times of cases for the drift within runs.

    Parameters
    ----------
    table : DataFrame
        A row for each case and run: ``key``, ``run``, ``process_fifth_percentiles``,
        ``process_yardsticks``.
    logs : ndarray, shape (n_rows,)
        The times of the rows as they are.
    plain : collection of str
        Cases that medians stand for; they are left alone.
    known : DriftCorrection, optional
        From earlier runs; else it is estimated from these.

    Returns
    -------
    logs : ndarray, shape (n_rows,)
        As given of a case of which some run has no yardstick, or fewer than four processes.
    """
    rows = _rows(table, plain, known)
    if not len(rows.numbers):
        return logs, known or DriftCorrection()
    if known is None:
        known = DriftCorrection(_shares(rows), _offsets(rows))
    share = np.array([known.shares[name] for name in rows.names])[rows.cases]
    offset = np.array([known.offsets[name] for name in rows.names])[rows.cases]
    mean = np.nanmean(rows.yardsticks, axis=1)
    within = rows.times - share[:, None] * (rows.yardsticks - mean[:, None])
    turn = _without_the_run(mean - offset, rows.runs)
    corrected = logs.copy()
    corrected[rows.numbers] = fastest_mean(within, RULE.fastest_one_in_corrected) - share * turn
    return corrected, known


def _rows(table: pd.DataFrame, plain: Collection[str], known: DriftCorrection | None) -> _Rows:
    """Pick the rows of cases that have a yardstick in every run."""
    keys = table["key"].astype(str).to_numpy()
    columns = (table["process_fifth_percentiles"], table["process_yardsticks"])
    times, yardsticks = (log_matrix([_values(one) for one in column]) for column in columns)
    n_times, n_yardsticks = (np.sum(np.isfinite(one), axis=1) for one in (times, yardsticks))
    sound = (n_times == n_yardsticks) & (n_times >= RULE.fewest_processes)
    wanted = set(keys if known is None else known.shares) - set(keys[~sound]) - set(plain)
    numbers = np.flatnonzero(np.isin(keys, list(wanted)))
    most = int(n_times[numbers].max(initial=0))
    names, cases = np.unique(keys[numbers].astype(str), return_inverse=True)
    runs = np.unique(table["run"].to_numpy(dtype=str)[numbers], return_inverse=True)[1]
    return _Rows(
        numbers, names.tolist(), cases, runs, times[numbers, :most], yardsticks[numbers, :most]
    )


def _values(value: object) -> Sequence[float]:
    return value if isinstance(value, (list, tuple, np.ndarray)) else ()  # type: ignore[return-value]


def _of_each(kinds: Places) -> list[Places]:
    """Return the places of each kind, in the order of the kinds."""
    order = np.argsort(kinds, kind="stable")
    begins = np.searchsorted(kinds[order], np.arange(1, kinds.max(initial=0) + 1))
    return np.split(order, begins)


def _shares(rows: _Rows) -> dict[str, float]:
    """Estimate the share of each case: by a regression through the processes of each run."""
    moved = rows.yardsticks - np.nanmean(rows.yardsticks, axis=1, keepdims=True)
    shares = [_share(moved[some], rows.times[some]) for some in _of_each(rows.cases)]
    return dict(zip(rows.names, shares, strict=True))


def _share(moved: Floats, times: Floats) -> float:
    """Regress with a standard normal prior: a case has a share where runs show it."""
    there = np.isfinite(moved)
    middle = np.median if there.all() else np.nanmedian  # several times as fast
    share = 0.0
    for _ in range(RULE.yardstick_iterations):
        left = times - share * moved
        left = left - middle(left, axis=1, keepdims=True)
        std = max(NORMAL_MAD * float(middle(np.abs(left))), RULE.min_process_std)
        limit = RULE.yardstick_outlier_stds * std
        near = np.clip(left, -limit, limit) + share * moved
        precision = np.sum(moved[there] ** 2) / std**2 + 1.0
        share = float(np.sum((moved * near)[there]) / std**2 / precision)
    return min(max(share, RULE.min_yardstick_share), RULE.max_yardstick_share)


def _offsets(rows: _Rows) -> dict[str, float]:
    """Estimate by how much the yardstick is slower beside each case."""
    mean = np.nanmean(rows.yardsticks, axis=1)
    left = mean.copy()
    for _ in range(RULE.yardstick_iterations):
        left = _without_the_run(left, rows.runs)
        for some in _of_each(rows.cases):
            left[some] -= np.median(left[some])
    of_case = _without_the_run(mean - left, rows.runs)
    offsets = [float(np.median(of_case[some])) for some in _of_each(rows.cases)]
    return dict(zip(rows.names, offsets, strict=True))


def _without_the_run(values: Floats, runs: Places) -> Floats:
    """Take out of each run what all of its cases have in common."""
    without: Floats = values.copy()
    for some in _of_each(runs):
        without[some] -= np.median(values[some])
    return without
