"""Tables with a row for each kernel and a column for each size, as wide as the terminal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from bench.report import numbers

if TYPE_CHECKING:
    import pandas as pd

Format = Callable[[float], str]

# Tables with a row for each kernel and a column for each size, as wide as the terminal.


#: Blanks between two columns.
GAP = 2


@dataclass(frozen=True)
class Grid:
    """One quantity, written out.

    Attributes
    ----------
    corner : str
        Heading of the column of names.
    sizes : tuple of str
        Headings of the other columns.
    rows : dict of str to tuple of str
        The cells of each name, one for each size.
    """

    corner: str
    sizes: tuple[str, ...]
    rows: dict[str, tuple[str, ...]]

    def merged(self) -> Grid:
        """Return the grid with one row for all rows that are the same in every cell.

        It stands where the first of them stood, and says how many they are.
        """
        together: dict[tuple[str, ...], list[str]] = {}
        for name, cells in self.rows.items():
            together.setdefault(cells, []).append(name)
        rows = {self._name(names): cells for cells, names in together.items()}
        return Grid(self.corner, self.sizes, rows)

    def _name(self, names: list[str]) -> str:
        if len(names) == 1:
            return names[0]
        if len(names) == len(self.rows):
            return f"all {len(names)} {self.corner}s"
        return f"{names[0]} and {len(names) - 1} more"

    def _widths(self) -> list[int]:
        columns = zip(self.sizes, *self.rows.values(), strict=True)
        return [max(map(len, column)) + GAP for column in columns]

    def _chunks(self, width: int) -> Iterator[slice]:
        """Yield as few ranges of columns as fit the width, of equal numbers of columns."""
        label, widths = max(len(name) for name in (self.corner, *self.rows)), self._widths()
        for n_chunks in range(1, len(widths) + 1):
            per_chunk = -(-len(widths) // n_chunks)
            firsts = range(0, len(widths), per_chunk)
            if all(label + sum(widths[one : one + per_chunk]) <= width for one in firsts):
                break
        for first in firsts:
            yield slice(first, first + per_chunk)

    def tables(self, width: int) -> Iterator[Table]:
        """Yield tables that fit a width, of equal numbers of columns.

        Parameters
        ----------
        width : int
            In characters. Where not even one column fits, the table is wider.
        """
        for columns in self._chunks(width):
            table = headed((self.corner,), self.sizes[columns])
            for name, cells in self.rows.items():
                table.add_row(Text(name), *cells[columns])
            yield table


def headed(names: Iterable[str], numbers: Iterable[str]) -> Table:
    """Return a table without rows: columns of names, then of numbers, none of them wrapped."""
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, GAP - 1, 0, 0)
    )
    for name in names:
        table.add_column(name, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def print_whole(console: Console, table: Table) -> None:
    """Print a table with all that is in its cells, where it must be beyond the width."""
    unlimited, width = console.options.update(max_width=10_000), console.width
    try:
        console.width = max(width, Measurement.get(console, unlimited, table).maximum)
        console.print(table)
    finally:
        console.width = width


# What stands behind a time that is not as good as it should be.


IMPRECISE, UNTRUSTED = "~", "?"


def mark(row: pd.Series) -> str:
    """Return what stands behind a time in a table.

    Parameters
    ----------
    row : Series
        Of a table of cases.

    Returns
    -------
    str
        ``?`` for a case that most rounds of were disturbed, ``~`` for one whose median is
        not known well enough, a blank for a good one; empty where the run does not say.
    """
    target = row.get("target_half_width")
    if target is None or math.isnan(target):
        return ""
    if bool(row.get("untrusted")):
        return UNTRUSTED
    width = row.get("half_width")
    return " " if width is not None and width <= target else IMPRECISE


def marks_meant(console: Console, rows: pd.DataFrame) -> None:
    """Say what the marks behind times mean, where the run has such."""
    targets = rows["target_half_width"].dropna() if "target_half_width" in rows else ()
    if len(targets):
        console.print(
            f"{IMPRECISE} behind a time: not known to ±{100 * max(targets):g}%. "
            f"{UNTRUSTED}: most of its rounds were disturbed, do not rely on it."
        )


def repeated(n_cases: int) -> str:
    """Say what a table shows of cases that a run holds more than once."""
    held = numbers.number(n_cases, "case is", "cases are")
    return f"{held} in the run again: tables with a column a size show the last time of each"


# Prints one quantity after the other, each as a grid under its title.


BASELINE = "nd.autograd"
#: How a column of sizes is headed.
HEADINGS: dict[str, Callable[[float], str]] = {
    "batch_size": lambda size: f"B={size:g}",
    "n_bytes": numbers.binary_bytes,
    "n_parameters": numbers.count,
}


@dataclass(frozen=True)
class Quantity:
    """A column of a table of cases, and how it is shown.

    Attributes
    ----------
    write : callable
        A value to its text.
    """

    title: str
    column: str
    write: Format


def heading(console: Console, text: str) -> None:
    """Print a line that opens a section."""
    console.print()
    console.print(Text(text, style="bold"))


def pivoted(rows: pd.DataFrame, by: str, over: str, write: Callable[[pd.Series], str]) -> Grid:
    """Write a cell for each value of one column, and each of another.

    Parameters
    ----------
    rows : DataFrame
        One case a cell.
    by : str
        Column whose values name the rows; the baseline kernel comes first.
    over : str
        Column whose values, ascending, head the columns.
    write : callable
        A row to its text.
    """
    cells = {(one[by], one[over]): write(one) for _, one in rows.iterrows()}
    sizes = sorted(set(rows[over]))
    return Grid(
        corner=by.replace("_", " "),
        sizes=tuple(map(HEADINGS[over], sizes)),
        rows={
            str(name): tuple(cells.get((name, size), "") for size in sizes)
            for name in sorted(dict.fromkeys(rows[by]), key=lambda name: name != BASELINE)
        },
    )


def print_grid(console: Console, title: str, grid: Grid) -> None:
    """Print a grid under its title."""
    console.print(Text(title, style="italic"))
    for table in grid.tables(console.width):
        print_whole(console, table)
        console.print()


def show(
    console: Console, rows: pd.DataFrame, quantities: Iterable[Quantity], *, by: str, over: str
) -> None:
    """Print quantities, a row for each value of one column, a column for each of another.

    Parameters
    ----------
    rows : DataFrame
        One case a cell.
    quantities : iterable of Quantity
        Those without any value are left out.
    by, over : str
        Columns whose values name the rows, and head the columns; see `pivoted`.
    """
    for quantity in quantities:
        # Such as a ratio to what was not measured, or what an older run does not have.
        if quantity.column not in rows or rows[quantity.column].isna().all():
            continue

        def write(one: pd.Series, quantity: Quantity = quantity) -> str:
            behind = mark(one) if quantity.column == "seconds" else ""
            return quantity.write(one[quantity.column]) + behind

        grid = pivoted(rows, by, over, write)
        print_grid(console, quantity.title, grid.merged())


def of_numbers(first: str, *others: str) -> Table:
    """Make a table of numbers, each column but the first to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
