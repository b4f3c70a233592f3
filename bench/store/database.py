"""DuckDB as this package uses it: in memory, small, off the network; and columns as arrays."""

from __future__ import annotations

import errno
import glob
from contextlib import closing
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd

from bench.store.decoding import LARGEST
from bench.store.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bench.store.schema import Column

#: NumPy has no types for masked arrays.
ma: Any = np.ma
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
