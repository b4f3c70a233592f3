"""Writes the table of cases for other programs: as CSV or as Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TextIO

import duckdb
import pandas as pd

from bench.store.decoding import as_json
from bench.store.files import StoreError, whole
from bench.store.schema import CASES, Kind

#: What each kind is called in Parquet, in DuckDB's words.
TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.FLOAT: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.TIME: "TIMESTAMP",
    Kind.FLOATS: "DOUBLE[]",
}
#: Before what spreadsheets take for a formula, and before the mark that says it is none.
FORMULA = r"\A(?=[=+\-@\t\r\n'])"
#: Times are in UTC.
ISO = "%Y-%m-%dT%H:%M:%S.%fZ"


def write_csv(cases: pd.DataFrame, target: Path | TextIO) -> None:
    """Write cases as CSV: lists as JSON, times as ISO 8601, nothing for what is missing.

    A text that a spreadsheet would take for a formula has a ``'`` in front, and so has one that
    begins with ``'``: who takes the first one away has the text as it was.

    Parameters
    ----------
    cases : DataFrame
        From ``bench.store.table.read``, or some of its rows and columns.
    target : Path or text stream
        A file is there whole or not at all; one that was there is replaced.

    Raises
    ------
    StoreError
        When the file can't be written.
    """
    lists = [one.name for one in CASES if one.kind is Kind.FLOATS and one.name in cases]
    texts = [one.name for one in CASES if one.kind is Kind.TEXT and one.name in cases]
    table = cases.assign(
        **{name: cases[name].map(as_json) for name in lists},
        **{name: cases[name].str.replace(FORMULA, "'", regex=True) for name in texts},
    )
    with _whole(target) if isinstance(target, Path) else nullcontext(target) as opened:
        table.to_csv(opened, index=False, lineterminator="\n", date_format=ISO)


def write_parquet(cases: pd.DataFrame, path: Path) -> None:
    """Write cases as Parquet: lists as lists, times in UTC.

    Parameters
    ----------
    cases : DataFrame
        From ``bench.store.table.read``, or some of its rows and columns.
    path : Path
        There whole or not at all; a file that was there is replaced.

    Raises
    ------
    StoreError
        When it can't be written.
    """
    columns = [column for column in CASES if column.name in cases]
    given = {column.name: _values(column.kind, cases[column.name]) for column in columns}
    selected = ", ".join(
        f'"{column.name}"::{TYPES[column.kind]} AS "{column.name}"' for column in columns
    )
    with _whole(path) as part, closing(duckdb.connect()) as connection:
        connection.register("given", pd.DataFrame(given))
        connection.sql(f"SELECT {selected} FROM given").write_parquet(str(part))


def _values(kind: Kind, values: pd.Series) -> object:
    """Return a column as DuckDB takes it: lists as JSON, times without a zone."""
    if kind is Kind.TIME:
        return values.dt.tz_localize(None)
    return values.map(as_json) if kind is Kind.FLOATS else values


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Give a file to write to, which takes its name when it is whole."""
    try:
        with whole(path) as part:
            yield part
    except (OSError, UnicodeError, duckdb.Error) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise StoreError(
            f"{path} can't be written: {reason.rstrip('.')}. Free space or name another file."
        ) from error
