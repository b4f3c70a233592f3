"""Where every run was to be expected by the earlier ones that can be compared with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.tracking.history import History
from bench.analyze.tracking.rule import RULE
from bench.analyze.tracking.table import UNKNOWN, history_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from bench.analyze.verdicts.margins import Margins

OF_BAND = ["low", "high", "mark"]


def banded(history: History, kinds: NDArray[np.intp], margins: Margins) -> pd.DataFrame:
    """Make the table of a history, in which other facts make other bands.

    Parameters
    ----------
    history : History
    kinds : ndarray of int, shape (n_runs, n_series)
        Of a series, runs with the same number can be compared.
    margins : Margins

    Returns
    -------
    DataFrame
        As `history_table`. Steps are looked for through all runs: that the facts changed is
        what they show.
    """
    table = history_table(history, margins)
    if not np.any(kinds != kinds[-1]):
        return table
    table = table.assign(low=np.nan, high=np.nan, mark=UNKNOWN).set_index(["key", "run"])
    for part in _parts(history, kinds):
        found = history_table(part, margins).set_index(["key", "run"])
        table.loc[found.index, OF_BAND] = found[OF_BAND]
    whole: pd.DataFrame = table.reset_index()
    return whole


def _parts(history: History, kinds: NDArray[np.intp]) -> Iterator[History]:
    """Yield the runs and series that can be compared, where they are enough for a band."""
    columns, of_column = np.unique(kinds, axis=1, return_inverse=True)
    for number, column in enumerate(columns.T):
        members = np.flatnonzero(of_column.ravel() == number)
        for kind in np.unique(column):
            rows = np.flatnonzero(column == kind)
            if len(rows) > RULE.fewest_earlier:
                yield part(history, rows, members)


def part(history: History, rows: NDArray[np.intp], members: NDArray[np.intp]) -> History:
    """Return some runs and series of a history.

    Parameters
    ----------
    history : History
    rows, members : ndarray of int
        Places of the runs and of the series.

    Returns
    -------
    History
    """
    chosen = np.ix_(rows, members)
    return History(
        history.runs.iloc[rows].reset_index(drop=True),
        history.series.iloc[members].reset_index(drop=True),
        history.logs[chosen],
        history.there[chosen],
        history.troubles,
        history.other_work,
        history.n_other_work,
        history.by_medians,
        history.steadying,
    )
