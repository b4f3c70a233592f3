"""The ladder: kernels from the slowest to the fastest, and what each rung saves."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.advise.rule import RULE
from bench.stats.estimate import Estimate

#: The published loop with the loader it was published with: the foot of the ladder.
FOOT = ("nd.autograd", "dataloader")
FOOT_SAVES = "nothing: the published loop with the loader that it came with"
#: Batch sizes that a ladder shows, as far as they were measured.
SIZES = (1, 10, 100, 1500)


def rung_names(rows: pd.DataFrame) -> pd.Series:
    """Return what each case is called on the ladder: its loader only where it is another."""
    loaded = rows["kernel"] + " + " + rows["loader"].astype(str)
    names: pd.Series = rows["kernel"].where(rows["loader"] == "inmemory", loaded)
    return names


def rung_times(rows: pd.DataFrame) -> dict[tuple[str, int], Estimate]:
    """Return the time of an epoch on each rung at each batch size, with its interval.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases of one workload and device, from ``bench.store.tidy``.

    Returns
    -------
    dict of (str, int) to Estimate
        Seconds, by rung and batch size; the ends are NaN where there is no interval.
    """
    cells = zip(
        rung_names(rows),
        rows["batch_size"],
        rows[["seconds", "low", "high"]].astype(float).itertuples(index=False),
        strict=True,
    )
    return {(str(name), int(size)): Estimate(*known) for name, size, known in cells}


def ladder(rows: pd.DataFrame, sizes: Sequence[int] = SIZES) -> pd.DataFrame:
    """Order the kernels of one workload and device by their time at the smallest batch.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases of one workload and device, from ``bench.store.tidy``.
    sizes : sequence of int
        Batch sizes to show.

    Returns
    -------
    DataFrame
        A row a rung, slowest first, indexed by its name: ``seconds at B`` for each size
        that was measured (the column is the size itself), ``times``, how many times as
        fast as the foot at the smallest size (NaN where the foot was not measured), and
        ``saves``. Loaders other than memory are shown for the foot's kernel only, kernels
        with momentum not at all. Empty where fewer than four kernels were measured at one
        of the sizes.
    """
    shown = (rows["loader"] == "inmemory") | (rows["kernel"] == FOOT[0])
    if "momentum" in rows:  # another update: not a rung of the same ladder
        shown &= rows["momentum"].fillna(0) == 0
    chosen: pd.DataFrame = rows[rows["batch_size"].isin(sizes) & shown]
    if chosen["kernel"].nunique() < RULE.fewest_rungs:
        nothing: pd.DataFrame = chosen.iloc[0:0]
        return nothing
    chosen = chosen.assign(rung=rung_names(chosen))
    seconds = chosen.pivot_table(index="rung", columns="batch_size", values="seconds")
    seconds.columns = pd.Index([int(size) for size in seconds.columns], dtype=object)
    smallest = min(seconds.columns)
    seconds = seconds.sort_values(smallest, ascending=False)
    foot = " + ".join(FOOT)
    base = seconds[smallest].get(foot, float("nan"))
    first = chosen.drop_duplicates("rung").set_index("rung").reindex(seconds.index)
    says = first["saves"].fillna("") if "saves" in first else ""
    result: pd.DataFrame = seconds.assign(times=base / seconds[smallest], saves=says)
    result.loc[result.index == foot, "saves"] = FOOT_SAVES
    return result


def sizes_of(table: pd.DataFrame) -> list[int]:
    """Return the batch sizes that a ladder shows, ascending."""
    return sorted(column for column in table if isinstance(column, int))
