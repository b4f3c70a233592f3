"""The ladder as a Markdown table, with a sentence a rung on what it saves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.analyze import tidy
from bench.analyze.ladder import ladder, sizes_of
from bench.report import units
from bench.report.markdown.escaping import code, text
from bench.report.markdown.table import head, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

SAVES = "what it saves"


def lines(table: pd.DataFrame, *, saves: bool = True) -> Iterator[str]:
    """Write a ladder.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.ladder.ladder``; not empty.
    saves : bool
        Whether to say what each rung saves.

    Yields
    ------
    str
        A line of Markdown.
    """
    sizes = sizes_of(table)
    columns = ["kernel", *(f"B = {size}" for size in sizes), "times as fast"]
    yield from head([*columns, SAVES] if saves else columns, range(1, len(columns)))
    for name, rung in table.iterrows():
        seconds = [units.seconds(rung[size]) for size in sizes]
        cells = [code(name), *seconds, units.times(rung["times"])]
        yield row([*cells, text(rung["saves"])] if saves else cells)


def ladders(document: Mapping[str, Any], *, saves: bool = True) -> dict[str, str]:
    """Write every ladder that a run has the data for.

    Parameters
    ----------
    document : mapping
        The run file.
    saves : bool
        Whether to say what each rung saves.

    Returns
    -------
    dict of str to str
        By workload and device, as in ``airfoil, cpu(0)``: a Markdown table.
    """
    rows = tidy.of_case(tidy.frame(document), "epoch")
    tables = {
        f"{workload}, {device}": ladder(group)
        for (workload, device), group in rows.groupby(["workload", "device"], sort=False)
    }
    return {
        name: "".join(f"{line}\n" for line in lines(table, saves=saves))
        for name, table in tables.items()
        if not table.empty
    }
