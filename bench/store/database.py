"""DuckDB as this package uses it: in memory, small, and never on the network."""

from __future__ import annotations

import errno
import glob
from contextlib import closing
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from bench.store.decoding import LARGEST
from bench.store.frames import filled
from bench.store.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from bench.store.schema import Column

#: What a query may take; a table of 1,000 runs needs a fifth of it.
MEMORY_LIMIT = "400MB"
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
                "memory_limit": MEMORY_LIMIT,
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
        As ``bench.store.frames.array`` makes them; lists as JSON.
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
