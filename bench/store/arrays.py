"""Columns of stored runs as NumPy arrays, as bytes, and as the tables that users get."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.store.decoding import LARGEST
from bench.store.schema import Column, Kind

#: NumPy has no types for masked arrays.
ma: Any = np.ma
TEXTS = pd.StringDtype("python")


def array(kind: Kind, values: Sequence[Any]) -> NDArray[Any]:
    """Return values as an array, masked where one is missing and the kind has no NaN.

    Parameters
    ----------
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


def frame(columns: Sequence[Column], arrays: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table with the dtypes of `bench.store.schema.Kind`.

    Parameters
    ----------
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


# A column of one run's cases as bytes.

_DTYPES = {Kind.FLOAT: "<f8", Kind.INTEGER: "<i8", Kind.BOOLEAN: "<i1"}
_MISSING = {Kind.FLOAT: math.nan, Kind.INTEGER: -LARGEST - 1, Kind.BOOLEAN: -1}


def packed(kind: Kind, values: Sequence[Any]) -> bytes:
    """Write a column of a run's cases."""
    if kind is Kind.TEXT:
        return zlib.compress(msgspec.msgpack.encode(values), level=1)
    if kind is Kind.FLOATS:
        return msgspec.msgpack.encode(values)
    there = [_MISSING[kind] if value is None else value for value in values]
    return np.array(there, dtype=_DTYPES[kind]).tobytes()


def unpacked(kind: Kind, payloads: Sequence[bytes]) -> Any:
    """Return a column of the cases of several runs."""
    if kind is Kind.TEXT:
        return _categories(payloads)
    if kind is Kind.FLOATS:
        return array(
            kind, [values for payload in payloads for values in msgspec.msgpack.decode(payload)]
        )
    numbers = np.frombuffer(bytearray().join(payloads), dtype=_DTYPES[kind])
    if kind is Kind.FLOAT:
        return numbers
    missing = numbers == _MISSING[kind]
    return ma.MaskedArray(numbers if kind is Kind.INTEGER else numbers == 1, mask=missing)


def _categories(payloads: Sequence[bytes]) -> pd.Categorical:
    """Return texts as categories; what many runs have alike is decoded once."""
    numbers: dict[str | None, int] = {None: -1}
    codes: dict[bytes, Any] = {}
    for payload in payloads:
        if payload not in codes:
            texts = msgspec.msgpack.decode(zlib.decompress(payload))
            of_run = [numbers.setdefault(text, len(numbers) - 1) for text in texts]
            codes[payload] = np.array(of_run, dtype=np.int32)
    joined = np.concatenate([np.empty(0, np.int32), *(codes[one] for one in payloads)])
    return pd.Categorical.from_codes(joined, categories=pd.Index([*numbers][1:], dtype=object))
