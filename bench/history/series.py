"""The history of a machine as a matrix: a row for each run, a column for each series."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from bench.compare.pairing import alike, case_keys
from bench.history.rule import RULE
from bench.history.run_times import DriftCorrection, by_medians, correct_drift, log_times
from bench.stats.change_points import steps
from bench.stats.location import VARIANCE_OF_LEVEL, earlier

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from bench.compare.verdict import Margins
    from bench.history.rule import Rule
    from bench.stats.location import Floats

# The history of a machine as a matrix: a row for each run, a column for each series.


#: What decides whether two cases of one name did the same work.
WORK = (
    *("n_samples", "n_features", "n_parameters", "n_tensors", "n_bytes", "precision"),
    *("momentum", "density", "sampling", "backend", "tolerance", "learning_rate", "schedule"),
)
#: Columns of the cases that are read.
HISTORY_COLUMNS = (
    *("name", "fullname", "case", "workload", "kernel", "device", "loader", "batch_size"),
    *("control", "seconds", "process_seconds", "process_fifth_percentiles"),
    "process_yardsticks",
    *("rounds", "disturbed_rounds", "untrusted"),
    *("flops", "bytes_moved"),
    *WORK,
)


@dataclass(frozen=True)
class History:
    """What the runs of a machine measured.

    Attributes
    ----------
    runs : DataFrame
        In order, the run that is judged the last; columns of ``bench.loading``.
    series : DataFrame
        A row for each case, by the run that has it last: ``key`` and `COLUMNS`.
    logs : ndarray, shape (n_runs, n_series)
        Logarithm of the time of a case in a run (see ``bench.history.run_times``); NaN where
        it tells nothing.
    there : ndarray of bool, shape (n_runs, n_series)
        Where a run has the case, whatever that is worth.
    troubles : mapping of str to str
        Of a case of the last run that tells nothing: why, a sentence.
    other_work : mapping of str to (str, str, str)
        Of a case that did other work in all earlier runs that have it: the fact, its value
        then, its value now.
    n_other_work : int
        Single measurements that were left out for other work.
    by_medians : frozenset of str
        Cases that medians of processes stand for, since a run holds nothing else.
    drift_correction : DriftCorrection
        How cases go with the yardstick.
    """

    runs: pd.DataFrame
    series: pd.DataFrame
    logs: Floats
    there: NDArray[np.bool_]
    troubles: Mapping[str, str]
    other_work: Mapping[str, tuple[str, str, str]]
    n_other_work: int
    by_medians: frozenset[str] = frozenset()
    drift_correction: DriftCorrection = field(default_factory=DriftCorrection)


def history(
    cases: pd.DataFrame,
    runs: pd.DataFrame,
    medians_of: Collection[str] = (),
    drift_correction: DriftCorrection | None = None,
) -> History:
    """Put runs of one machine in order.

    Parameters
    ----------
    cases : DataFrame
        Of these runs, with those of `COLUMNS` that there are.
    runs : DataFrame
        In order, the run that is judged the last.
    medians_of : collection of str
        Cases that medians of processes stand for in any case.
    drift_correction : DriftCorrection, optional
        How cases go with the yardstick; else it is estimated from these runs.

    Returns
    -------
    History
    """
    place = pd.Series(range(len(runs)), index=runs["run"])
    table = cases.reindex(columns=["run", *HISTORY_COLUMNS]).assign(
        key=case_keys(cases), place=place.reindex(cases["run"]).to_numpy()
    )
    table = table[table["place"].notna()]
    newest = table.sort_values("place", kind="stable").drop_duplicates("key", keep="last")
    series = newest.reset_index(drop=True)
    columns = pd.Index(series["key"]).get_indexer(pd.Index(table["key"]))
    rows = table["place"].to_numpy(dtype=int)
    there = np.zeros((len(runs), len(series)), dtype=bool)
    there[rows, columns] = True
    logs = np.full(there.shape, np.nan)
    plain = by_medians(table) | set(medians_of)
    times, correction = correct_drift(table, log_times(table, plain), plain, drift_correction)
    trouble = _troubles(table, times)
    unlike, other = _other_work(table, series)
    sound = np.array([not one for one in trouble], dtype=bool) & ~unlike
    logs[rows[sound], columns[sound]] = times[sound]
    today = rows == len(runs) - 1
    troubles = {
        str(key): why
        for key, why, is_today in zip(table["key"], trouble, today, strict=True)
        if is_today and why
    }
    # A missing text of pandas is neither the same as another nor not: here it is None.
    known = series.astype(object).where(series.notna(), None)
    n_unlike = int(unlike.sum())
    return History(
        runs, known, logs, there, troubles, other, n_unlike, frozenset(plain), correction
    )


def _troubles(table: pd.DataFrame, logs: Floats) -> list[str]:
    """Say of each measurement why nothing follows from it; empty where something does."""
    rounds = table["rounds"].to_numpy(dtype=float, na_value=np.nan)
    disturbed = table["disturbed_rounds"].to_numpy(dtype=float, na_value=0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.nan_to_num(disturbed / rounds)
    # One case that was disturbed all through says little of the others.
    capped = pd.Series(np.minimum(share, RULE.max_disturbed_of_case))
    of_run = capped.groupby(table["run"].to_numpy()).transform("mean").to_numpy()
    untrusted = table["untrusted"].isin([True]).to_numpy()
    twice = table.duplicated(["key", "place"], keep=False).to_numpy()
    busy = "the machine did other work meanwhile: measure again when it is quiet"
    reasons = [""] * len(table)
    for n in np.flatnonzero(
        twice | untrusted | (share > RULE.max_disturbed_of_case) | ~np.isfinite(logs)
    ):
        reasons[n] = (
            "It stands in the run more than once, and which is which can't be told."
            if twice[n]
            else "It holds no time above zero."
            if not np.isfinite(logs[n])
            else f"{100 * share[n]:.0f}% of its rounds were disturbed; {busy}."
        )
    for n in np.flatnonzero(of_run > RULE.max_disturbed_of_run):
        reasons[n] = reasons[n] or (
            f"{100 * of_run[n]:.0f}% of all rounds of the run were disturbed; {busy}."
        )
    return reasons


def _other_work(
    table: pd.DataFrame, series: pd.DataFrame
) -> tuple[NDArray[np.bool_], dict[str, tuple[str, str, str]]]:
    """Say which measurements are of other work than the newest of their name.

    Thousands of runs did a few kinds of work between them: each kind is compared once.
    """
    facts = ["key", *(name for name in WORK if table[name].notna().any()), "case"]
    plain = table[facts].astype(object)
    kinds = plain.where(plain.notna(), None)
    numbers = kinds.groupby(facts, sort=False, dropna=False).ngroup().to_numpy()
    first = table.assign(kind=numbers).drop_duplicates("kind")
    rows = pd.concat([series.assign(side=0, kind=-1), first.assign(side=1)], ignore_index=True)
    # Several kinds of one name are several sides.
    rows.loc[rows["side"] == 1, "side"] = 1 + rows[rows["side"] == 1].groupby("key").cumcount()
    same, other = alike(rows, {})
    left_out = set(first["kind"]) - set(same["kind"])
    unlike = np.isin(numbers, list(left_out))
    today = table["place"].max()
    earlier = table["place"].to_numpy() < today
    sound = set(table["key"][earlier & ~unlike])
    differing = {
        str(row.name_): (str(row.fact), str(row.side_value), str(row.baseline_value))
        for row in other.rename(columns={"name": "name_"}).itertuples()
    }
    of_name = dict(zip(series["name"].astype(str), series["key"].astype(str), strict=True))
    gone = {
        of_name[name]: why for name, why in differing.items() if of_name.get(name) not in sound
    }
    return unlike, gone


# A history as a tidy table, for a page that shows every series over time.


SLOWER, FASTER, WITHIN, UNKNOWN = "slower", "faster", "within", ""
#: The columns, after ``key`` and ``run``.
COLUMNS = ("taken", "seconds", "low", "high", "mark", "step", "step_low", "step_high")


def history_table(
    history: History,
    margins: Margins,
    comparable: NDArray[np.bool_] | None = None,
    rule: Rule = RULE,
) -> pd.DataFrame:
    """Make a row of each case and run of a machine.

    Parameters
    ----------
    history : History
        See ``bench.history.reading.choose``; of any tables of ``bench.loading`` that hold the
        runs of one machine, ``bench.history.series.history`` makes it.
    margins : Margins
    comparable : ndarray of bool, shape (n_runs, n_series), optional
        Where a run has a series on the facts of the last run; only those make the band.
    rule : Rule

    Returns
    -------
    DataFrame
        By case, then time: ``key``, ``run``, ``taken``, ``seconds`` (what the run is judged
        by, see ``bench.history.run_times``; NaN where it tells nothing of the case);
        ``low`` and ``high``, seconds between which the run was to be
        expected at 95% by the earlier ones, NaN below `Rule.fewest_earlier` of them;
        ``mark``: ``slower`` or ``faster`` where it lies outside of the band by more than the
        margin, ``within`` else, empty where there is no band; ``step``: seconds after over
        before where a change point begins with this run, with ``step_low``, ``step_high``;
        else NaN. A mark is of one run alone: the verdict of ``track`` takes more.
    """
    logs = history.logs
    used = logs if comparable is None else np.where(comparable, logs, np.nan)
    low, high = _bands(used, rule)
    edges = np.log1p([margins.of(str(key)) for key in history.series["key"]])
    tables = [
        _of_series(history, column, low[:, column], high[:, column], float(edges[column]))
        for column in range(logs.shape[1])
    ]
    if not tables:
        nothing: pd.DataFrame = pd.DataFrame(columns=["key", "run", *COLUMNS])
        return nothing
    table: pd.DataFrame = pd.concat(tables, ignore_index=True)
    return table


def _bands(logs: Floats, rule: Rule) -> tuple[Floats, Floats]:
    """Return between which logarithms each run was to be expected; NaN where unknown."""
    low, high = np.full(logs.shape, np.nan), np.full(logs.shape, np.nan)
    for row in range(rule.fewest_earlier, len(logs)):
        before = earlier(logs[max(row - rule.most_earlier, 0) : row], rule.min_std)
        error = before.std * np.sqrt(1 + VARIANCE_OF_LEVEL / np.maximum(before.n, 1))
        width = stdtrit(before.dof, 0.5 + rule.confidence / 2) * error
        width = np.where(before.n >= rule.fewest_earlier, width, np.nan)
        low[row], high[row] = before.level - width, before.level + width
    return low, high


def _of_series(
    history: History, column: int, low: Floats, high: Floats, edge: float
) -> pd.DataFrame:
    """Make the rows of a case: the runs that have it."""
    rows = np.flatnonzero(history.there[:, column])
    logs = history.logs[rows, column]
    low, high = low[rows], high[rows]
    with np.errstate(invalid="ignore"):
        slower = (logs > high) & (logs > (low + high) / 2 + edge)
        faster = (logs < low) & (logs < (low + high) / 2 - edge)
    known = np.isfinite(low) & np.isfinite(logs)
    mark = np.select([~known, slower, faster], [UNKNOWN, SLOWER, FASTER], default=WITHIN)
    table: pd.DataFrame = pd.DataFrame(
        {
            "key": str(history.series["key"].iloc[column]),
            "run": history.runs["run"].to_numpy()[rows],
            "taken": history.runs["taken"].iloc[rows].array,
            "seconds": np.exp(logs),
            "low": np.exp(low),
            "high": np.exp(high),
            "mark": mark,
            **_steps(logs, edge),
        }
    )
    return table


def _steps(logs: Floats, edge: float) -> dict[str, Floats]:
    """Put each change point beside the run that it begins with."""
    columns = {name: np.full(len(logs), np.nan) for name in ("step", "step_low", "step_high")}
    finite = np.flatnonzero(np.isfinite(logs))
    for step in steps(logs[finite], edge):
        sizes = (step.size, step.low, step.high)
        for column, value in zip(columns.values(), sizes, strict=True):
            column[finite[step.place]] = np.exp(value)
    return columns
