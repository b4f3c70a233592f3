"""Judges a run, and measures again what it flags, where that can be done here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.tracking.history import COLUMNS, history
from bench.analyze.tracking.rule import RULE
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
    document = read_run(chosen.path)
    paths: list[Path] = []
    fresh: list[Floats] = []
    names = found.flagged
    again = found
    while names and len(paths) < RULE.times_again:
        try:
            paths.append(remeasure(document, {*names, *found.of_clock}))
        except NotConfirmedError as error:
            told = _not_again(len(names), error)
            return judgement(chosen, found, margins, (told,))
        fresh.append(fresh_logs(chosen, paths[-1]))
        again = verdicts(chosen, margins, fresh=np.array(fresh))
        names = again.said_again
    where = ", ".join(map(str, paths))
    told = f"{_cases(len(found.flagged))} flagged, and measured again: {where}."
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
    known = chosen.history
    made = history(loaded.cases, loaded.runs, known.by_medians, known.steadying)
    found = dict(zip(made.series["key"].astype(str), made.logs[-1], strict=True))
    keys = chosen.history.series["key"].astype(str)
    return np.array([found.get(key, np.nan) for key in keys], dtype=float)
