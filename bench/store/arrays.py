"""Columns of stored runs as NumPy arrays, and as the tables that users get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.store.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from bench.store.schema import Column

#: NumPy has no types for masked arrays.
ma: Any = np.ma
NO_TIME = np.datetime64("NaT", "us")
TEXTS = pd.StringDtype("python")


def array(kind: Kind, values: Sequence[Any]) -> NDArray[Any]:
    """Return values as an array, masked where one is missing and the kind has no NaN.

    Parameters
    ----------
    kind : Kind
    values : sequence
        None for what is missing; a time as ``datetime`` or as ISO 8601.
    """
    if kind is Kind.FLOAT:
        return np.array(values, dtype=float)
    if kind is Kind.TIME:
        return np.array(values, dtype="datetime64[us]")
    if kind in {Kind.TEXT, Kind.FLOATS}:
        return np.fromiter(values, dtype=object, count=len(values))
    missing = np.fromiter((value is None for value in values), dtype=bool, count=len(values))
    dtype = np.int64 if kind is Kind.INTEGER else np.bool_
    masked: NDArray[Any] = ma.MaskedArray(
        np.array([value or 0 for value in values], dtype=dtype), mask=missing
    )
    return masked


def filled(values: Any, missing: object) -> NDArray[Any]:
    """Return an array with a value of its own where one is masked."""
    whole: NDArray[Any] = ma.filled(values, missing)
    return whole


def frame(columns: Sequence[Column], arrays: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table with the dtypes of `bench.store.schema.Kind`.

    Parameters
    ----------
    columns : sequence of Column
    arrays : mapping of str to array
        From `array`, or categories for texts.
    """
    table: pd.DataFrame = pd.DataFrame(
        {column.name: _typed(column.kind, arrays[column.name]) for column in columns},
        copy=False,
    )
    return table


def _typed(kind: Kind, values: Any) -> Any:
    """Give a column its dtype in pandas."""
    if kind is Kind.TEXT:
        return texts(values)
    if kind is Kind.INTEGER:
        return pd.arrays.IntegerArray(ma.getdata(values), ma.getmaskarray(values))
    if kind is Kind.BOOLEAN:
        return pd.arrays.BooleanArray(ma.getdata(values), ma.getmaskarray(values))
    if kind is Kind.TIME:
        return pd.Series(values).dt.tz_localize("UTC").array
    return values


def texts(values: Any) -> Any:
    """Return texts as an array of pandas.

    Parameters
    ----------
    values : sequence of str, None for what is missing; or categories
        Of categories each text is held once, however many rows have it.
    """
    if isinstance(values, pd.Categorical):
        once = np.array([*values.categories, pd.NA], dtype=object)
        return pd.array(once[values.codes], dtype=TEXTS, copy=False)
    return pd.array([*values], dtype=TEXTS)
