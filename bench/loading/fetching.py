"""Fetches the runs that are wanted from shards, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd

from bench.loading.columns import Kind
from bench.loading.database import file_list, quoted
from bench.loading.frames import array, filled
from bench.loading.shards import CASES_FILE, RUNS_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.loading.columns import Column
    from bench.loading.shards import Entry

COLUMNS_AT_ONCE = 16


def fetch(
    connection: duckdb.DuckDBPyConnection,
    entries: Sequence[Entry],
    cases: Sequence[Column],
    runs: Sequence[Column],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fetch runs.

    Parameters
    ----------
    connection : DuckDBPyConnection
    entries : sequence of Entry
    cases, runs : sequence of Column
        Those that are wanted.

    Returns
    -------
    cases, runs : dict of str to array
        In the order of ``entries``; the cases of a run as its file has them.

    Raises
    ------
    duckdb.Error
        When a shard is damaged, or was removed meanwhile.
    """
    if not entries:
        return _empty(cases), _empty(runs)
    wanted = np.array([one.key for one in entries], dtype=np.int64)
    connection.register("wanted", {"run_key": wanted, "rank": np.arange(len(wanted))})
    shards = sorted({one.shard for one in entries})
    return (
        _table(connection, [one / CASES_FILE for one in shards], cases, ("rank", "place")),
        _table(connection, [one / RUNS_FILE for one in shards], runs, ("rank",)),
    )


def _empty(columns: Sequence[Column]) -> dict[str, Any]:
    return {one.name: array(one.kind, []) for one in columns}


def _table(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    columns: Sequence[Column],
    order: Sequence[str],
) -> dict[str, Any]:
    """Fetch the columns of a table, some at a time: a result takes memory twice."""
    relation = f"read_parquet({file_list(files)}) JOIN wanted USING (run_key)"
    table: dict[str, Any] = {}
    for first in range(0, len(columns), COLUMNS_AT_ONCE):
        some = columns[first : first + COLUMNS_AT_ONCE]
        table |= _columns(connection, relation, some, order)
    return table


def is_whole(connection: duckdb.DuckDBPyConnection, shard: Path) -> bool:
    """Say whether a shard can be read to its end.

    Parameters
    ----------
    connection : DuckDBPyConnection
    shard : Path

    Returns
    -------
    bool
    """
    try:
        for name in (CASES_FILE, RUNS_FILE):
            connection.execute(f"FROM read_parquet({file_list([shard / name])})").fetchall()
    except duckdb.Error:
        return False
    return True


def _columns(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[Column],
    order: Sequence[str],
) -> dict[str, Any]:
    """Fetch columns, in an order."""
    dictionaries = {
        one.name: _dictionary(connection, relation, one)
        for one in columns
        if one.kind is Kind.TEXT
    }
    selected = [*order, *(_selected(one, dictionaries.get(one.name)) for one in columns)]
    rows = connection.execute(f"SELECT {', '.join(selected)} FROM {relation}").fetchnumpy()
    ranks = np.lexsort([rows.pop(name) for name in reversed(order)])
    return {
        one.name: _ordered(rows.pop(one.name), ranks, dictionaries.get(one.name))
        for one in columns
    }


def _dictionary(
    connection: duckdb.DuckDBPyConnection, relation: str, column: Column
) -> list[str]:
    """Make a type of the texts in a column, and return them.

    A text that a thousand rows have is then fetched once, not a thousand times.
    """
    name, dictionary = quoted(column.name), _enum(column)
    texts = f"SELECT DISTINCT {name} FROM {relation} WHERE {name} IS NOT NULL"
    if connection.execute(f"{texts} LIMIT 1").fetchone() is None:
        return []
    connection.execute(f"DROP TYPE IF EXISTS {dictionary}")
    connection.execute(f"CREATE TYPE {dictionary} AS ENUM ({texts})")
    rows = connection.execute(f"SELECT unnest(enum_range(NULL::{dictionary}))").fetchall()
    return [text for (text,) in rows]


def _enum(column: Column) -> str:
    return quoted(f"texts of {column.name}")


def _selected(column: Column, dictionary: list[str] | None) -> str:
    """Return the SQL of a column: of a text its place in the dictionary."""
    name = quoted(column.name)
    if dictionary is None:
        return name
    if not dictionary:
        return f"NULL::INTEGER AS {name}"
    return f"enum_code({name}::{_enum(column)})::INTEGER AS {name}"


def _ordered(values: Any, ranks: Any, dictionary: list[str] | None) -> Any:
    """Put the rows of a column in order."""
    values = values[ranks]
    if dictionary is None:
        if values.dtype == object:
            values = np.fromiter(
                (one.tolist() for one in values), dtype=object, count=len(values)
            )
        return values
    codes = filled(values, -1)
    return pd.Categorical.from_codes(codes, categories=pd.Index(dictionary, dtype=object))
