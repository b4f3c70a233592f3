"""A run file as a tidy table: one row a measured case, computed from its raw rounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from bench.stats.medians import median_interval
from bench.stats.rule import RULE

#: Columns that are there also where no row has such a fact, so that grouping by them works.
AXES = ("workload", "kernel", "device", "loader", "batch_size")


def frame(document: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table of a run.

    Parameters
    ----------
    document : mapping
        What ``bench.store.files.read_run`` returns.

    Returns
    -------
    DataFrame
        A row for each benchmark: ``name``, ``seconds`` (median over its rounds, of one
        iteration), ``rounds``, ``warm_up_settled``, and the facts of its ``extra_info``, as
        `bench.store.schema.ExtraInfo` says.
    """
    rows = []
    for benchmark in document["benchmarks"]:
        facts = benchmark.get("extra_info") or {}
        row = {
            "name": benchmark["name"],
            **_times(benchmark["stats"]),
            "warm_up_settled": _settled(facts),
        }
        rows.append({**row, **{key: fact for key, fact in facts.items() if key not in row}})
        # Older runs took it from other rounds, in which a call alone took longer.
        if (facts.get("enqueued_seconds") or 0.0) > row["seconds"]:
            rows[-1]["enqueued_seconds"] = None
    columns = None if rows else ["name", "seconds", "rounds", "case"]
    table: pd.DataFrame = pd.DataFrame(rows, columns=columns)
    return table


def _times(stats: Mapping[str, Any]) -> dict[str, Any]:
    """Return the median of the rounds, and their number.

    Files of other suites need not hold the rounds: then both are as pytest-benchmark has
    written them.
    """
    data = stats.get("data")
    if data:
        return {"seconds": float(np.median(data)), "rounds": len(data)}
    return {"seconds": float(stats["median"]), "rounds": stats.get("rounds")}


def _settled(facts: Mapping[str, Any]) -> bool | None:
    """Say whether a case's warm-up had settled, in all its processes."""
    warm_ups = [holder.get("warm_up") or {} for holder in facts.get("processes") or [facts]]
    settled = [warm_up["settled"] for warm_up in warm_ups if "settled" in warm_up]
    return all(settled) if settled else None


def of_case(table: pd.DataFrame, case: str) -> pd.DataFrame:
    """Return the rows of one case module.

    Parameters
    ----------
    table : DataFrame
        From ``frame``.
    case : {'epoch', 'step', 'update', 'loader', 'engine', 'machine', 'notebook', 'target'}

    Returns
    -------
    DataFrame
        With a column for each of ``AXES``.
    """
    rows = table.loc[table["case"] == case] if "case" in table else table.iloc[0:0]
    columns = [*rows, *(axis for axis in AXES if axis not in rows)]
    with_axes: pd.DataFrame = rows.reindex(columns=columns)
    return with_axes


def relative_speed(table: pd.DataFrame, baseline: str) -> pd.Series:
    """Return how many times as fast as the baseline each case is.

    Parameters
    ----------
    table : DataFrame
        Rows of ``epoch`` cases.
    baseline : str
        A kernel. A case is compared with the baseline of the same workload, device,
        loader and batch size.

    Returns
    -------
    Series
        Baseline's seconds over the case's seconds; NaN where the baseline was not
        measured.
    """
    cell = ["workload", "device", "loader", "batch_size"]
    base = table[table["kernel"] == baseline].set_index(cell)["seconds"]
    keys = pd.MultiIndex.from_frame(table[cell])
    ratio = base.reindex(keys).to_numpy() / table["seconds"].to_numpy()
    speed: pd.Series = pd.Series(ratio, index=table.index)
    return speed


# The 95% interval of every median of a run: between processes where there are several.
#
# Rounds of one process are correlated, so the interval from them alone is too tight
# (``bench.stats.medians``); with it goes where it comes from, for the reader to be told.


COLUMNS = ("low", "high", "interval_of", "confidence")


def interval(benchmark: Mapping[str, Any]) -> tuple[float, float, str, float]:
    """Return the interval of a case's median.

    Parameters
    ----------
    benchmark : mapping
        Of a run file.

    Returns
    -------
    low, high : float
        In seconds; NaN where there are too few rounds, or none were kept.
    interval_of : {'processes', 'rounds'}
        What the interval is computed from.
    confidence : float
        With which it holds.
    """
    facts = benchmark.get("extra_info") or {}
    if facts.get("between_interval"):
        low, high = facts["between_interval"]
        return low, high, "processes", facts.get("between_confidence") or np.nan
    low, high = median_interval(benchmark["stats"].get("data") or ()) or (np.nan, np.nan)
    return low, high, "rounds", RULE.confidence


def interval_frame(document: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table of a run, with the interval of every case.

    Parameters
    ----------
    document : mapping
        The run file.

    Returns
    -------
    DataFrame
        ``bench.store.tidy.frame`` with ``low``, ``high``, ``interval_of`` and
        ``confidence`` (see `interval`).
    """
    table = frame(document)
    found = [interval(benchmark) for benchmark in document["benchmarks"]]
    with_ends: pd.DataFrame = table.join(
        pd.DataFrame(found, columns=list(COLUMNS), index=table.index)
    )
    return with_ends
