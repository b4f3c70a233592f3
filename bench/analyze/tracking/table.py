"""A history as a tidy table, for a page that shows every series over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from bench.analyze.tracking.change_points import steps
from bench.analyze.tracking.rule import RULE
from bench.analyze.tracking.spread import VARIANCE_OF_LEVEL, earlier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.analyze.tracking.history import History
    from bench.analyze.tracking.rule import Rule
    from bench.analyze.tracking.spread import Floats
    from bench.analyze.verdicts.margins import Margins

SLOWER, FASTER, WITHIN, UNKNOWN = "slower", "faster", "within", ""
#: The columns, after ``key`` and ``run``.
COLUMNS = ("taken", "seconds", "low", "high", "mark", "step", "step_low", "step_high")


@dataclass(frozen=True)
class _Band:
    """Where each run of a series was to be expected, as logarithms; NaN where unknown."""

    low: Floats
    high: Floats


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
        See ``bench.tracking.reading.choose``; of any tables of ``bench.loading`` that hold the
        runs of one machine, ``bench.analyze.tracking.history.history`` makes it.
    margins : Margins
    comparable : ndarray of bool, shape (n_runs, n_series), optional
        Where a run has a series on the facts of the last run; only those make the band.
    rule : Rule

    Returns
    -------
    DataFrame
        By case, then time: ``key``, ``run``, ``taken``, ``seconds`` (what the run is judged
        by, see ``bench.analyze.tracking.run_time``; NaN where it tells nothing of the case);
        ``low`` and ``high``, seconds between which the run was to be
        expected at 95% by the earlier ones, NaN below `Rule.fewest_earlier` of them;
        ``mark``: ``slower`` or ``faster`` where it lies outside of the band by more than the
        margin, ``within`` else, empty where there is no band; ``step``: seconds after over
        before where a change point begins with this run, with ``step_low``, ``step_high``;
        else NaN. A mark is of one run alone: the verdict of ``track`` takes more.
    """
    logs = history.logs
    used = logs if comparable is None else np.where(comparable, logs, np.nan)
    band = _bands(used, rule)
    edges = np.log1p([margins.of(str(key)) for key in history.series["key"]])
    tables = [
        _of_series(history, column, band, float(edges[column]))
        for column in range(logs.shape[1])
    ]
    if not tables:
        nothing: pd.DataFrame = pd.DataFrame(columns=["key", "run", *COLUMNS])
        return nothing
    made: pd.DataFrame = pd.concat(tables, ignore_index=True)
    return made


def _bands(logs: Floats, rule: Rule) -> _Band:
    """Say of each run where the ones before it let it be expected."""
    low, high = np.full(logs.shape, np.nan), np.full(logs.shape, np.nan)
    for row in range(rule.fewest_earlier, len(logs)):
        told = earlier(logs[max(row - rule.most_earlier, 0) : row], rule.least_spread)
        error = told.spread * np.sqrt(1 + VARIANCE_OF_LEVEL / np.maximum(told.n, 1))
        width = stdtrit(told.freedom, 0.5 + rule.confidence / 2) * error
        width = np.where(told.n >= rule.fewest_earlier, width, np.nan)
        low[row], high[row] = told.level - width, told.level + width
    return _Band(low, high)


def _of_series(history: History, column: int, band: _Band, edge: float) -> pd.DataFrame:
    """Make the rows of a case: the runs that have it."""
    rows = np.flatnonzero(history.there[:, column])
    logs = history.logs[rows, column]
    low, high = band.low[rows, column], band.high[rows, column]
    with np.errstate(invalid="ignore"):
        slower = (logs > high) & (logs > (low + high) / 2 + edge)
        faster = (logs < low) & (logs < (low + high) / 2 - edge)
    known = np.isfinite(low) & np.isfinite(logs)
    mark = np.select([~known, slower, faster], [UNKNOWN, SLOWER, FASTER], default=WITHIN)
    told: pd.DataFrame = pd.DataFrame(
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
    return told


def _steps(logs: Floats, edge: float) -> dict[str, Floats]:
    """Put each change point beside the run that it begins with."""
    made = {name: np.full(len(logs), np.nan) for name in ("step", "step_low", "step_high")}
    finite = np.flatnonzero(np.isfinite(logs))
    for one in steps(logs[finite], edge):
        place = finite[one.place]
        ends = zip(made.values(), (one.size, one.low, one.high), strict=True)
        for column, value in ends:
            column[place] = np.exp(value)
    return made
