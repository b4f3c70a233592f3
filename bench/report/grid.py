"""Tables with a row for each kernel and a column for each size, as wide as the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Blanks between two columns.
GAP = 3


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
        """Yield as few ranges of columns as fit the width, each as full as the others."""
        label = max(len(name) for name in (self.corner, *self.rows))
        fitting = max(1, (width - label) // max(self._widths()))
        n_chunks = -(-len(self.sizes) // fitting)
        per_chunk = -(-len(self.sizes) // n_chunks)
        for first in range(0, len(self.sizes), per_chunk):
            yield slice(first, first + per_chunk)

    def tables(self, width: int) -> Iterator[Table]:
        """Yield tables that fit a width, of equal numbers of columns.

        Parameters
        ----------
        width : int
            In characters. Where not even one column fits, the table is wider.

        Yields
        ------
        rich.table.Table
        """
        for columns in self._chunks(width):
            table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
            table.add_column(self.corner, no_wrap=True)
            for size in self.sizes[columns]:
                table.add_column(size, justify="right", no_wrap=True)
            for name, cells in self.rows.items():
                table.add_row(Text(name), *cells[columns])
            yield table
