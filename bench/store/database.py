"""Parsed runs in DuckDB, in memory and off the network: columns as arrays, shards read."""

from __future__ import annotations

import errno
import glob
import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd

from bench.store.decoding import LARGEST
from bench.store.rows import FACTS, OWN
from bench.store.rule import RULE
from bench.store.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray


#: NumPy has no types for masked arrays.
ma: Any = np.ma
#: Stands for a missing whole number on the way into DuckDB: its oldest versions do not look
#: at the mask of an array.
MISSING = -LARGEST - 1
#: In DuckDB.
TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.FLOAT: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.TIME: "TIMESTAMP",
    Kind.FLOATS: "DOUBLE[]",
}


def connect(threads: int = 1) -> closing[duckdb.DuckDBPyConnection]:
    """Open a database in memory.

    Parameters
    ----------
    threads : int

    Returns
    -------
    context manager of DuckDBPyConnection
    """
    return closing(
        duckdb.connect(
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "memory_limit": f"{RULE.max_query_megabytes}MB",
                "threads": str(threads),
                "temp_directory": "",
            }
        )
    )


def quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def quoted_path(file: Path | str) -> str:
    """Quote a path for SQL.

    Raises
    ------
    OSError
        When it is not UTF-8: DuckDB takes no such path.
    """
    text = str(file)
    if text != text.encode(errors="replace").decode():
        raise OSError(errno.EINVAL, "the name is not UTF-8")
    return "'" + text.replace("'", "''") + "'"


def file_list(files: Iterable[Path]) -> str:
    """Return files as a list in SQL; what a pattern is made of stands for itself."""
    return f"[{', '.join(quoted_path(glob.escape(str(file))) for file in files)}]"


def write_parquet(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[Column],
    arrays: Mapping[str, Any],
    file: Path,
) -> None:
    """Write arrays as Parquet.

    Parameters
    ----------
    connection : DuckDBPyConnection
    columns : sequence of Column
    arrays : mapping of str to ndarray
        As `array` makes them; lists as JSON.
    file : Path

    Raises
    ------
    duckdb.Error, OSError
    """
    connection.register("given", {one.name: _plain(arrays[one.name]) for one in columns})
    try:
        selected = ", ".join(f"{_cast(one)} AS {quoted(one.name)}" for one in columns)
        target = quoted_path(file)
        connection.execute(f"COPY (SELECT {selected} FROM given) TO {target} (FORMAT parquet)")
    finally:
        connection.unregister("given")


def _plain(values: Any) -> Any:
    """Put a value of its own where a masked array has none."""
    if not isinstance(values, np.ma.MaskedArray):
        return values
    if values.dtype == np.bool_:
        return filled(values.astype(np.int8), -1)
    return filled(values, MISSING)


def _cast(column: Column) -> str:
    """Return the SQL that gives a column its type, and NULL where a value is missing."""
    name, wanted = quoted(column.name), TYPES[column.kind]
    if column.kind is Kind.INTEGER:
        return f"nullif({name}, {MISSING})::{wanted}"
    if column.kind is Kind.BOOLEAN:
        return f"nullif({name}, -1)::{wanted}"
    return f"{name}::{wanted}"


NO_TIME = np.datetime64("NaT", "us")


TEXTS = pd.StringDtype("python")


# Columns as arrays, and as the tables that users get.


def array(kind: Kind, values: Sequence[Any]) -> NDArray[Any]:
    """Return values as an array, masked where one is missing and the kind has no NaN.

    Parameters
    ----------
    kind : Kind
    values : sequence
        None for what is missing.

    Returns
    -------
    ndarray
    """
    if kind is Kind.FLOAT:
        return np.array(values, dtype=float)
    if kind is Kind.TIME:
        return np.array(values, dtype="datetime64[us]")
    if kind in {Kind.TEXT, Kind.FLOATS}:
        return np.fromiter(values, dtype=object, count=len(values))
    missing = np.fromiter((one is None for one in values), dtype=bool, count=len(values))
    dtype = np.int64 if kind is Kind.INTEGER else np.bool_
    there = np.array([one or 0 for one in values], dtype=dtype)
    masked: NDArray[Any] = ma.MaskedArray(there, mask=missing)
    return masked


def filled(values: Any, missing: object) -> NDArray[Any]:
    """Return an array with a value of its own where one is masked."""
    whole: NDArray[Any] = ma.filled(values, missing)
    return whole


def frame(columns: Sequence[Column], arrays: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table.

    Parameters
    ----------
    columns : sequence of Column
    arrays : mapping of str to array
        From ``array``, or categories for texts.

    Returns
    -------
    DataFrame
        With the dtypes of ``bench.store.schema.Kind``.
    """
    table: pd.DataFrame = pd.DataFrame(
        {one.name: _typed(one.kind, arrays[one.name]) for one in columns}, copy=False
    )
    return table


def _typed(kind: Kind, values: Any) -> Any:
    """Give a column its dtype in pandas."""
    if kind is Kind.TEXT:
        return texts(values)
    if kind is Kind.INTEGER:
        there = ma.getdata(values).astype(np.int64, copy=False)
        return pd.arrays.IntegerArray(there, ma.getmaskarray(values))
    if kind is Kind.BOOLEAN:
        there = ma.getdata(values).astype(np.bool_, copy=False)
        return pd.arrays.BooleanArray(there, ma.getmaskarray(values))
    if kind is Kind.TIME:
        times = filled(values, NO_TIME)
        return pd.Series(times).dt.tz_localize("UTC").array
    return filled(values, np.nan) if kind is Kind.FLOAT else values


def texts(values: Any) -> Any:
    """Return texts as an array of pandas.

    Parameters
    ----------
    values : sequence of str, None for what is missing; or categories
        Of categories each text is held once, however many rows have it.

    Returns
    -------
    StringArray
    """
    if isinstance(values, pd.Categorical):
        once = np.array([*values.categories, pd.NA], dtype=object)
        return pd.array(once[values.codes], dtype=TEXTS, copy=False)
    return pd.array([*values], dtype=TEXTS)


_KEY = Column("run_key", Kind.INTEGER, "tells runs apart, in any shard")


STORED_CASES = (_KEY, Column("place", Kind.INTEGER, "of a case in its run"), *OWN)


STORED_RUNS = (
    _KEY,
    Column("source", Kind.TEXT, "absolute path of the file"),
    Column("size", Kind.INTEGER, "of the file", "bytes"),
    Column("changed", Kind.INTEGER, "when the file was last changed", "ns"),
    *FACTS,
)


# What a shard holds, and the runs that are wanted of it.


@dataclass(frozen=True)
class Entry:
    """A run in a shard.

    Attributes
    ----------
    shard : Path
    key : int
        Of the run, in any shard.
    stamp : tuple of int
        Size and time of last change of the file that it was read from.
    """

    shard: Path
    key: int
    stamp: tuple[int, int]


def source_of(file: Path) -> str:
    """Return a path as a text that any database takes; not every file name is UTF-8."""
    return os.fsencode(file).decode("latin-1")


def file_of(source: str) -> Path:
    """Return the path that a text of ``source_of`` stands for."""
    return Path(os.fsdecode(source.encode("latin-1")))


def entries(
    connection: duckdb.DuckDBPyConnection, shards: Iterable[Path]
) -> list[tuple[str, Entry]]:
    """List the runs in some shards, by their sources.

    Raises
    ------
    duckdb.Error
        When one is damaged, or was removed meanwhile.
    """
    by_file = {str(shard / RUNS_FILE): shard for shard in shards}
    if not by_file:
        return []
    files = file_list(Path(file) for file in by_file)
    rows = connection.execute(
        f"SELECT filename, source, run_key, size, changed "
        f"FROM read_parquet({files}, filename = true)"
    ).fetchall()
    return [
        (source, Entry(by_file[file], key, (size, changed)))
        for file, source, key, size, changed in rows
    ]


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
    for first in range(0, len(columns), RULE.columns_at_once):
        some = columns[first : first + RULE.columns_at_once]
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


CASES_FILE, RUNS_FILE = "cases.parquet", "runs.parquet"
