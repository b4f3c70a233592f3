"""Puts parsed runs in order, names them, and makes the two tables."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.store.schema import CASES, GIVEN, RUNS, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bench.store.schema import Column
    from bench.store.table import Found

# Columns as arrays, and as the tables that users get.


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


# Puts parsed runs in order, names them, and makes the two tables.


def assemble(
    files: Sequence[Found], cases: Mapping[str, Any], runs: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the tables.

    Parameters
    ----------
    files : sequence of Found
        Those that were read.
    cases, runs : mapping of str to array
        Columns, in the order of ``files``; of the cases some may be left out.

    Returns
    -------
    cases, runs : DataFrame
        Runs in the order of the paths that were given; those found in a folder by time, then
        name.
    """
    facts = frame([one for one in RUNS if one.name not in GIVEN], runs)
    shown = [os.fsencode(one.path).decode(errors="replace") for one in files]
    facts.insert(0, "run", pd.Series(texts(run_names([one.path for one in files]))))
    facts.insert(1, "path", pd.Series(texts(shown)))
    counts = facts["n_cases"].to_numpy(dtype=np.int64)
    order = _order(files, runs["taken"])
    rows = _rows(counts, order)
    given = [one for one in CASES if one.name in cases]
    table = frame(given, cases)
    table.insert(0, "run", np.repeat(facts["run"].array, counts))
    table.insert(1, "taken", np.repeat(facts["taken"].array, counts))
    if not np.array_equal(rows, np.arange(len(rows))):
        table = table.take(rows).reset_index(drop=True)
    return table, facts.take(order).reset_index(drop=True)[[one.name for one in RUNS]]


def _order(files: Sequence[Found], taken: Any) -> list[int]:
    """Return the places of the runs in their order; those without a time come last."""
    times = filled(taken, NO_TIME)
    when = np.where(np.isnat(times), np.iinfo(np.int64).max, times.astype(np.int64)).tolist()
    return sorted(
        range(len(files)),
        key=lambda place: (files[place].argument, when[place], files[place].path.name),
    )


def _rows(counts: Any, order: Sequence[int]) -> Any:
    """Return the places of the cases, those of a run together, runs in order."""
    begins = np.cumsum(counts) - counts
    return np.concatenate(
        [
            np.empty(0, dtype=np.int64),
            *(np.arange(begins[one], begins[one] + counts[one]) for one in order),
        ]
    )


def run_names(paths: Sequence[Path]) -> list[str]:
    """Name runs by the stems of their files, with as many folders as tell them apart.

    Parameters
    ----------
    paths : sequence of Path
        No two of the same file.

    Returns
    -------
    list of str
        All different.
    """
    depths = [1] * len(paths)
    while True:
        names = [_named(path, depth) for path, depth in zip(paths, depths, strict=True)]
        counts = Counter(names)
        grown = [
            min(depth + (counts[name] > 1), len(path.parts))
            for path, depth, name in zip(paths, depths, names, strict=True)
        ]
        if grown == depths:
            break
        depths = grown
    return _numbered(names)


def _named(path: Path, depth: int) -> str:
    parts = [*path.parts[-depth:-1], path.stem]
    return os.fsencode("/".join(parts)).decode(errors="replace")


def _numbered(names: Sequence[str]) -> list[str]:
    """Tell apart by a number what has one name still, as ``a.json`` and ``a.txt`` have."""
    seen: Counter[str] = Counter()
    told = []
    for name in names:
        seen[name] += 1
        told.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return told
