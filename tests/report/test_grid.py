"""A grid fits the terminal, cuts nothing off, and says equal rows once."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bench.report.grid import Grid

words = st.text(alphabet="abcdefgh.=0123456789", min_size=1, max_size=12)


def printed(grid: Grid, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, no_color=True)
    for table in grid.tables(width):
        console.print(table)
    text: str = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    return text


def grid(n_columns: int, rows: dict[str, str]) -> Grid:
    return Grid(
        corner="kernel",
        sizes=tuple(f"B={10**number}" for number in range(n_columns)),
        rows={name: (cell,) * n_columns for name, cell in rows.items()},
    )


@given(
    rows=st.dictionaries(words, words, min_size=1, max_size=4),
    n_columns=st.integers(1, 9),
    width=st.integers(40, 130),
)
def test_every_cell_is_printed_whole_and_no_line_is_too_wide(
    rows: dict[str, str], n_columns: int, width: int
) -> None:
    text = printed(grid(n_columns, rows), width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    printed_words = text.split()
    for number in range(n_columns):
        assert printed_words.count(f"B={10**number}") == 1


def test_columns_are_shared_out_evenly() -> None:
    chunks = list(grid(7, {"nd.autograd": "438 ms"}).tables(60))
    assert [len(table.columns) - 1 for table in chunks] == [4, 3]


def test_equal_rows_are_printed_once() -> None:
    same = grid(2, {"a": "0.25775", "b": "0.25775"}).merged()
    assert same.rows == {"all 2 kernels": ("0.25775", "0.25775")}
    different = grid(2, {"a": "0.25775", "b": "0.25776"})
    assert different.merged() == different
    some = grid(1, {"a": "0.1", "b": "0.2", "c": "0.1", "d": "0.1", "e": "0.3"}).merged()
    assert some.rows == {"a and 2 more": ("0.1",), "b": ("0.2",), "e": ("0.3",)}
    single = grid(2, {"a": "0.25775"})
    assert single.merged() == single
