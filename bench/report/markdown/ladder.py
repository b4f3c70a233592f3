"""The ladder as a Markdown table, with a sentence a rung on what it saves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.analyze import tidy
from bench.analyze.ladder import ladder, sizes_of
from bench.report import units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def lines(table: pd.DataFrame) -> Iterator[str]:
    """Write a ladder.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.ladder.ladder``; not empty.

    Yields
    ------
    str
        A line of Markdown.
    """
    sizes = sizes_of(table)
    yield _row(["kernel", *(f"B = {size}" for size in sizes), "times as fast", "what it saves"])
    yield _row(["---", *(["---:"] * len(sizes)), "---:", "---"])
    for name, row in table.iterrows():
        seconds = [units.seconds(row[size]) for size in sizes]
        yield _row([f"`{name}`", *seconds, units.times(row["times"]), row["saves"]])


def ladders(document: Mapping[str, Any]) -> dict[str, str]:
    """Write every ladder that a run has the data for.

    Parameters
    ----------
    document : mapping
        The run file.

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
        name: "".join(f"{line}\n" for line in lines(table))
        for name, table in tables.items()
        if not table.empty
    }
