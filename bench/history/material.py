"""What the rule is given of a history: the runs that count, pools, margins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.history.pools import CONTROL_CASE, cache_bytes_of, dependence, pools

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from bench.compare.verdict import Margins
    from bench.history.pools import Pool
    from bench.history.rule import Rule
    from bench.history.series import History
    from bench.stats.location import Floats

# What is the same for all runs of a history.


@dataclass(frozen=True)
class Watched:
    """What is the same for all runs of a history.

    Attributes
    ----------
    pools : tuple of Pool
    controls : ndarray of bool, shape (n_series,)
        Series that are judged in their pool alone.
    on_processor : ndarray of bool, shape (n_series,)
        Series that the CPU frequency may move.
    dependence : ndarray of bool, shape (n_series, n_pools)
    margins : ndarray, shape (n_series,)
        As logarithms.
    pool_margins : ndarray, shape (n_pools,)
    """

    pools: tuple[Pool, ...]
    controls: NDArray[np.bool_]
    on_processor: NDArray[np.bool_]
    dependence: NDArray[np.bool_]
    margins: Floats
    pool_margins: Floats


# What the rule takes, made of a history: the runs that count, pools, margins.


@dataclass(frozen=True)
class Material:
    """What the rule takes.

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
    whole = held >= rule.min_share_of_cases * max(int(today.sum()), 1)
    usable = np.any(np.isfinite(logs), axis=1)
    counted = usable & whole if np.sum((usable & whole)[:-1]) >= rule.fewest_earlier else usable
    counted[-1] = True
    rows = np.flatnonzero(counted)
    return Material(logs[rows], rows, watched(history.runs, history.series, margins))


def watched(runs: pd.DataFrame, series: pd.DataFrame, margins: Margins) -> Watched:
    """Put series into pools, and say which depend on what.

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
    cache_bytes = cache_bytes_of(stored_record(runs.iloc[-1], "fingerprint"))
    parts = pools(series, cache_bytes)
    own = np.log1p([margins.of(str(key)) for key in series["key"]])
    pooled = [
        np.log1p(margins.of(f"machine: {pool.name}"))
        if pool.machine
        else float(np.median(own[list(pool.members)]))
        for pool in parts
    ]
    controls = series["case"].astype(object).eq(CONTROL_CASE).fillna(value=False)
    return Watched(
        pools=parts,
        controls=controls.to_numpy(dtype=bool),
        on_processor=series["device"].astype(str).str.startswith("cpu").to_numpy(dtype=bool),
        dependence=dependence(series, parts, cache_bytes),
        margins=np.asarray(own, dtype=float),
        pool_margins=np.array(pooled, dtype=float),
    )


def stored_record(run: pd.Series, column: str) -> dict[str, object]:
    """Read a column of JSON of a run; empty where there is none."""
    try:
        record = json.loads(str(run.get(column)))
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
