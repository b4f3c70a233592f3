from __future__ import annotations

from pathlib import Path

import pytest

from bench.store.schema import CASES, RUNS, Column

README = Path(__file__).resolve().parents[2] / "results" / "README.md"


def row(column: Column) -> str:
    """Return the row of a column in the README's table."""
    return f"| `{column.name}` | {column.kind.value} | {column.unit} | {column.meaning} |"


@pytest.mark.parametrize("columns", [CASES, RUNS])
def test_the_readme_tells_every_column(columns: tuple[Column, ...]) -> None:
    table = "\n".join(["| --- | --- | --- | --- |", *map(row, columns)])
    assert f"{table}\n\n" in f"{README.read_text(encoding='utf-8')}\n"


@pytest.mark.parametrize("columns", [CASES, RUNS])
def test_no_name_is_there_twice(columns: tuple[Column, ...]) -> None:
    assert len({one.name for one in columns}) == len(columns)
    assert all(one.meaning and not one.meaning.endswith(".") for one in columns)
