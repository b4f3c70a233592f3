"""Prints one quantity after the other, each as a grid under its title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.text import Text

from bench.report import units
from bench.report.grid import Grid
from bench.report.quality_marks import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd
    from rich.console import Console

    Format = Callable[[float], str]

BASELINE = "nd.autograd"
#: How a column of sizes is headed.
HEADINGS: dict[str, Callable[[float], str]] = {
    "batch_size": lambda size: f"B={size:g}",
    "n_bytes": units.binary_bytes,
}


@dataclass(frozen=True)
class Quantity:
    """A column of a table of cases, and how it is shown.

    Attributes
    ----------
    title : str
    column : str
    write : callable
        A value to its text.
    """

    title: str
    column: str
    write: Format


def heading(console: Console, text: str) -> None:
    """Print a line that opens a section."""
    console.print()
    console.print(f"[bold]{escape(text)}[/bold]")


def show(
    console: Console, rows: pd.DataFrame, quantities: Iterable[Quantity], *, by: str, over: str
) -> None:
    """Print quantities, a row for each value of one column, a column for each of another.

    Parameters
    ----------
    console : Console
    rows : DataFrame
        One case a cell.
    quantities : iterable of Quantity
        Those without any value are left out.
    by : str
        Column whose values name the rows; the baseline kernel comes first.
    over : str
        Column whose values, ascending, head the columns.
    """
    names = sorted(dict.fromkeys(rows[by]), key=lambda name: name != BASELINE)
    sizes = sorted(set(rows[over]))
    head = HEADINGS.get(over, units.count)
    for quantity in quantities:
        if rows[quantity.column].isna().all():  # such as a ratio to what was not measured
            continue
        values = {
            (one[by], one[over]): quantity.write(one[quantity.column])
            + (mark(one) if quantity.column == "seconds" else "")
            for _, one in rows.iterrows()
        }
        grid = Grid(
            corner=by.replace("_", " "),
            sizes=tuple(head(size) for size in sizes),
            rows={
                str(name): tuple(values.get((name, size), "") for size in sizes)
                for name in names
            },
        )
        console.print(Text(quantity.title, style="italic"))
        for table in grid.merged().tables(console.width):
            console.print(table)
            console.print()
