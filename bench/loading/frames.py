"""Columns as arrays, and as the tables that users get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.loading.columns import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from bench.loading.columns import Column

#: NumPy does not type it.
ma: Any = np.ma
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
        With the dtypes of ``bench.loading.columns.Kind``.
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
