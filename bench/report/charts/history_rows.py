"""Every case over the runs of each machine, as short as a page can hold it.

Of a case there are four rows of whole numbers, written with commas, empty where there is none:
the seconds in a unit of the case's own; half the width of the interval, and of the band, and
how far the middle of the band lies from the run, each in units of 0.0001 of the seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.analyze.tracking.table import FASTER, SLOWER, UNKNOWN, WITHIN
from bench.report.change_text import change

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from bench.analyze.histories.whole import WholeHistory
    from bench.analyze.verdicts.long_term import Change

#: At least so many digits of seconds are kept.
DIGITS = 5
BASIS_POINTS = 1e4
#: How a run is marked, in the page and in a letter.
MARKS = {
    "slower": "s",
    "faster": "f",
    "within the band": "w",
    "no band": "n",
    "left out": "o",
}
LETTERS = {SLOWER: "s", FASTER: "f", WITHIN: "w", UNKNOWN: "n"}


@dataclass(frozen=True)
class _Grid:
    """Where the numbers of a case and run go."""

    cases: dict[str, int]
    runs: dict[str, int]

    def filled(self, table: pd.DataFrame, values: Any) -> NDArray[np.float64]:
        """Return a row a case and a column a run; NaN where a run lacks the case."""
        made = np.full((len(self.cases), len(self.runs)), np.nan)
        made[table["key"].map(self.cases), table["run"].map(self.runs)] = values
        return made

    def within(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the part of a table that is drawn."""
        kept: pd.DataFrame = table[table["run"].isin(self.runs) & table["key"].isin(self.cases)]
        return kept


def machine_rows(
    history: WholeHistory, points: pd.DataFrame, names: Sequence[str], since: pd.Timestamp
) -> dict[str, Any]:
    """Write down the runs of a machine.

    Parameters
    ----------
    history : WholeHistory
    points : DataFrame
        From ``bench.analyze.comparing.over_time.points``; of any machines.
    names : sequence of str
        Of the cases that the page shows.
    since : Timestamp
        Older runs are not drawn.

    Returns
    -------
    dict
        ``name``; ``runs``; ``texts``, what changed at steps; ``series``, in the order of the
        names, None for a case that the machine has not.
    """
    runs = history.machine.runs
    runs = runs[runs["taken"] >= since]
    grid = _Grid(_places(names), _places(runs["run"]))
    measured = grid.within(points).drop_duplicates(["key", "run"])
    table = grid.within(history.table)
    table = table[table["seconds"].notna()]
    drawn = grid.filled(measured, measured["seconds"])
    judged = grid.filled(table, table["seconds"])
    seconds = np.where(np.isfinite(judged), judged, drawn)
    width = grid.filled(
        measured, (measured["high"] - measured["low"]) / 2 / measured["seconds"]
    )
    middle = grid.filled(table, np.sqrt(table["low"] * table["high"]) / table["seconds"] - 1)
    band = grid.filled(table, np.log(table["high"] / table["low"]) / 2)
    marks = np.where(np.isfinite(drawn) | np.isfinite(judged), "o", " ")
    letters = table["mark"].map(LETTERS)
    marks[table["key"].map(grid.cases), table["run"].map(grid.runs)] = letters
    texts: dict[str, int] = {}
    steps = _steps(history.changes, grid, texts)
    return {
        "name": history.machine.name,
        "runs": [_run(row) for _, row in runs.iterrows()],
        "texts": list(texts),
        "series": [
            _series(seconds[n], [width[n], middle[n], band[n]], marks[n], steps.get(n, []))
            for n in range(len(names))
        ],
    }


def _places(names: Any) -> dict[str, int]:
    return {str(name): place for place, name in enumerate(names)}


def _series(
    seconds: NDArray[np.float64],
    shares: Sequence[NDArray[np.float64]],
    marks: NDArray[np.str_],
    steps: list[list[Any]],
) -> dict[str, Any] | None:
    if not np.isfinite(seconds).any():
        return None
    exponent = int(np.floor(np.log10(np.nanmin(seconds)))) - DIGITS + 1
    named = zip(("half", "middle", "band"), shares, strict=True)
    return {
        "exponent": exponent,
        "seconds": _joined(seconds / 10.0**exponent),
        **{name: _joined(BASIS_POINTS * values) for name, values in named},
        "marks": "".join(marks),
        "steps": steps,
    }


def _joined(values: NDArray[np.float64]) -> str:
    """Write whole numbers with commas; nothing at all where there is none."""
    known = np.isfinite(values)
    if not known.any():
        return ""
    whole = np.round(np.where(known, values, 0.0)).astype(np.int64).tolist()
    return ",".join(str(n) if is_ else "" for n, is_ in zip(whole, known.tolist(), strict=True))


def _steps(
    changes: Sequence[Change], grid: _Grid, texts: dict[str, int]
) -> dict[int, list[list[Any]]]:
    """Put the steps of each case beside the run that they begin with."""
    found: dict[int, list[list[Any]]] = {}
    for one in changes:
        if one.name in grid.cases and one.run in grid.runs:
            told = "; ".join(one.what_changed) or "no fact that the runs tell"
            found.setdefault(grid.cases[one.name], []).append(
                [
                    grid.runs[one.run],
                    change(one.ratio),
                    change(one.ratio, one.low, one.high),
                    texts.setdefault(told, len(texts)),
                ]
            )
    return found


def _run(row: pd.Series) -> dict[str, Any]:
    commit = row.get("commit")
    return {
        "run": row["run"],
        "taken": row["taken"].isoformat(timespec="seconds"),
        "commit": commit[:10] if isinstance(commit, str) else None,
    }
