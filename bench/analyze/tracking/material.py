"""What the rule is fed with, made of a history: the runs that count, pools, margins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.tracking.leaning import leaning
from bench.analyze.tracking.pools import CONTROL_CASE, cache_bytes_of, pools
from bench.analyze.tracking.watched import Watched

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from bench.analyze.tracking.history import History
    from bench.analyze.tracking.rule import Rule
    from bench.analyze.tracking.spread import Floats
    from bench.analyze.verdicts.margins import Margins

#: A run that holds less of today's cases was measured for something else.
HALF = 0.5


@dataclass(frozen=True)
class Material:
    """What the rule is fed with.

    Attributes
    ----------
    logs : ndarray, shape (n_counted_runs, n_series)
        NaN where a run tells nothing, or has another fingerprint.
    rows : ndarray of int
        Which runs of the history these are; the last is today's.
    watched : Watched
    """

    logs: Floats
    rows: NDArray[np.intp]
    watched: Watched


def material(
    history: History, comparable: NDArray[np.bool_], margins: Margins, rule: Rule
) -> Material:
    """Prepare a history for the rule.

    Parameters
    ----------
    history : History
    comparable : ndarray of bool, shape (n_runs, n_series)
        Where a run has a series on the facts of the last run.
    margins : Margins
    rule : Rule

    Returns
    -------
    Material
        Runs that hold at least half of the last one's cases count alone, where there are
        enough of them; else all do.
    """
    logs = np.where(comparable, history.logs, np.nan)
    today = history.there[-1]
    held = np.sum((history.there & comparable)[:, today], axis=1)
    whole = held >= HALF * max(int(today.sum()), 1)
    usable = np.any(np.isfinite(logs), axis=1)
    counted = usable & whole if np.sum((usable & whole)[:-1]) >= rule.fewest_earlier else usable
    counted[-1] = True
    rows = np.flatnonzero(counted)
    return Material(logs[rows], rows, watched(history.runs, history.series, margins))


def watched(runs: pd.DataFrame, series: pd.DataFrame, margins: Margins) -> Watched:
    """Put series into pools, and say which lean on what.

    Parameters
    ----------
    runs, series : DataFrame
        Of a history.
    margins : Margins
        A part of the machine is called by its name, ``machine: memory``.

    Returns
    -------
    Watched
    """
    cache_bytes = cache_bytes_of(_fingerprint(runs.iloc[-1]))
    found = pools(series, cache_bytes)
    own = np.log1p([margins.of(str(key)) for key in series["key"]])
    pooled = [
        np.log1p(margins.of(f"machine: {pool.name}"))
        if pool.machine
        else float(np.median(own[list(pool.members)]))
        for pool in found
    ]
    controls = series["case"].astype(object).eq(CONTROL_CASE).fillna(value=False)
    return Watched(
        pools=found,
        controls=controls.to_numpy(dtype=bool),
        on_processor=series["device"].astype(str).str.startswith("cpu").to_numpy(dtype=bool),
        leaning=leaning(series, found, cache_bytes),
        margins=np.asarray(own, dtype=float),
        pool_margins=np.array(pooled, dtype=float),
    )


def _fingerprint(run: pd.Series) -> dict[str, object]:
    try:
        found = json.loads(str(run.get("fingerprint")))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
