"""Writes the table of cases for other programs: as CSV or as Parquet."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import duckdb

from bench.store import database
from bench.store.database import array, connect
from bench.store.decoding import as_json
from bench.store.files import StoreError, whole
from bench.store.schema import CASES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd


#: Times are in UTC.
ISO = "%Y-%m-%dT%H:%M:%S.%fZ"


def write_csv(cases: pd.DataFrame, target: Path | TextIO) -> None:
    """Write cases as CSV: lists as JSON, times as ISO 8601, nothing for what is missing.

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
    table = cases.assign(**{name: cases[name].map(as_json) for name in lists})
    if isinstance(target, Path):
        with _whole(target) as part:
            table.to_csv(part, index=False, lineterminator="\n", date_format=ISO)
    else:
        table.to_csv(target, index=False, lineterminator="\n", date_format=ISO)


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
    columns = [one for one in CASES if one.name in cases]
    arrays = {one.name: _array(one.kind, cases[one.name]) for one in columns}
    with _whole(path) as part, connect() as connection:
        database.write_parquet(connection, columns, arrays, part)


def _array(kind: Kind, values: pd.Series) -> object:
    """Return a column of the table as it was before."""
    if kind is Kind.TIME:
        return values.dt.tz_localize(None).to_numpy()
    if kind is Kind.FLOATS:
        return array(Kind.TEXT, [as_json(one) for one in values])
    if kind is Kind.FLOAT:
        return values.to_numpy()
    missing = values.isna()
    return array(
        kind, [None if gone else one for one, gone in zip(values, missing, strict=True)]
    )


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Give a file to write to, which takes its name when it is whole."""
    try:
        with whole(path) as part:
            yield part
    except (OSError, duckdb.Error) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise StoreError(
            f"{path} can't be written: {reason.rstrip('.')}. Free space or name another file."
        ) from error
