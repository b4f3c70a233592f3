"""A run file as a tidy table: one row a measured case, computed from its raw rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Facts of ``extra_info`` that are not scalars; figures read them from the run itself.
NESTED = (
    "gate",
    "published",
    "enqueued_data",
    "device_data",
    "warm_up",
    "telemetry",
    "overhead",
    "processes",
    "interval",
    "between_interval",
)
#: Columns that are there also where no row has such a fact, so that grouping by them works.
AXES = ("workload", "kernel", "device", "loader", "batch_size")


def frame(document: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table of a run.

    Parameters
    ----------
    document : mapping
        What ``bench.store.read_run`` returns.

    Returns
    -------
    DataFrame
        A row for each benchmark: ``name``, ``seconds`` (median over its rounds, of one
        iteration), ``rounds``, ``warm_up_settled``, and the facts of its ``extra_info``
        but ``NESTED``. Cases of this suite have ``case``: ``epoch``, ``step``, ``update``,
        ``loader``, ``engine``, ``machine``, ``notebook`` or ``target``.
    """
    rows = []
    for benchmark in document["benchmarks"]:
        facts = benchmark.get("extra_info")
        facts = facts if isinstance(facts, dict) else {}
        row = {
            "name": benchmark["name"],
            **_times(benchmark["stats"]),
            "warm_up_settled": _settled(facts),
        }
        left_out = {*NESTED, *row}
        rows.append({**row, **{key: facts[key] for key in facts if key not in left_out}})
    columns = None if rows else ["name", "seconds", "rounds", "case"]
    table: pd.DataFrame = pd.DataFrame(rows, columns=columns)
    return table


def _times(stats: Mapping[str, Any]) -> dict[str, Any]:
    """Return the median of the rounds, and their number.

    Files of other suites need not hold the rounds: then both are as pytest-benchmark has
    written them.
    """
    data = stats.get("data")
    if isinstance(data, list) and data and all(isinstance(one, (int, float)) for one in data):
        return {"seconds": float(np.median(data)), "rounds": len(data)}
    return {"seconds": float(stats["median"]), "rounds": stats.get("rounds")}


def _settled(facts: Mapping[str, Any]) -> bool | None:
    """Say whether a case's warm-up had settled, in all its processes."""
    processes = facts.get("processes")
    holders = processes if isinstance(processes, list) and processes else [facts]
    warm_ups = [one.get("warm_up") for one in holders if isinstance(one, dict)]
    told = [one["settled"] for one in warm_ups if isinstance(one, dict) and "settled" in one]
    return all(told) if told else None


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
