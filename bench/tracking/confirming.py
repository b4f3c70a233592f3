"""Judges a run, and measures again what it flags, where that can be done here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.tracking.history import COLUMNS, history
from bench.loading.reading import read
from bench.store import read_run
from bench.tracking.judge import judgement, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path
    from typing import Any

    from bench.analyze.tracking.spread import Floats
    from bench.analyze.verdicts.judgement import Judgement
    from bench.analyze.verdicts.margins import Margins
    from bench.tracking.reading import Chosen

    #: Measures cases of a run again, and returns the new run's file.
    Remeasure = Callable[[Mapping[str, Any], Collection[str]], Path]


class NotConfirmedError(Exception):
    """Nothing can be measured again; the message is a clause."""


def track(chosen: Chosen, margins: Margins, remeasure: Remeasure | None) -> Judgement:
    """Judge a run.

    Parameters
    ----------
    chosen : Chosen
    margins : Margins
    remeasure : callable or None
        Takes the run's document and the names of cases, and returns the file of a new run;
        raises `NotConfirmedError` where it can't. None leaves it to the runs that there are.

    Returns
    -------
    Judgement
    """
    found = verdicts(chosen, margins)
    if not found.flagged or remeasure is None:
        return judgement(chosen, found, margins)
    try:
        path = remeasure(read_run(chosen.path), found.flagged)
    except NotConfirmedError as error:
        return judgement(chosen, found, margins, (_not_again(len(found.flagged), error),))
    again = verdicts(chosen, margins, fresh=fresh_logs(chosen, path))
    told = f"{_cases(len(found.flagged))} flagged, and measured again: {path}."
    return judgement(chosen, again, margins, (told,))


def _cases(n: int) -> str:
    return "1 case was" if n == 1 else f"{n} cases were"


def _not_again(n: int, error: NotConfirmedError) -> str:
    return (
        f"{_cases(n)} flagged, and can't be measured again here: {error}. What two or three "
        f"of the last runs say, each on its own, counts as confirmed."
    )


def fresh_logs(chosen: Chosen, path: Path) -> Floats:
    """Read what was measured again.

    Parameters
    ----------
    chosen : Chosen
    path : Path
        Of the new run.

    Returns
    -------
    ndarray, shape (n_series,)
        Logarithms of seconds; NaN where a case was not measured, or was disturbed.
    """
    loaded = read([path], None, COLUMNS)
    made = history(loaded.cases, loaded.runs)
    found = dict(zip(made.series["key"].astype(str), made.logs[-1], strict=True))
    keys = chosen.history.series["key"].astype(str)
    return np.array([found.get(key, np.nan) for key in keys], dtype=float)
