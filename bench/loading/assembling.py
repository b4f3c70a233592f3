"""Puts parsed runs in order, names them, and makes the two tables."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.loading.columns import CASES, GIVEN, RUNS
from bench.loading.frames import NO_TIME, filled, frame, texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bench.loading.finding import Found


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
