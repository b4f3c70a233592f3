"""Which case of one side is the same as which of another, and did the same work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.compare.comparison import NotComparedError
from bench.store.facts import _partial, case_keys

# Which case of one side is the same as which of another.


#: A side before it has a label: a run, and the device where devices are compared.
Place = tuple[str, "str | None"]


@dataclass(frozen=True)
class Paired:
    """Cases of all sides, put beside the same case of the baseline.

    Attributes
    ----------
    rows : DataFrame
        Cases that the baseline and at least one more side have, with ``key`` and ``side``.
    partial : DataFrame
        As in ``Comparison``.
    doubled : tuple of str
        Names that stand more than once on a side: which is which can't be told.
    counts : tuple of int
        Cases of each side.
    """

    rows: pd.DataFrame
    partial: pd.DataFrame
    doubled: tuple[str, ...]
    counts: tuple[int, ...]


def places(cases: pd.DataFrame, runs: pd.DataFrame, *, by_device: bool) -> list[Place]:
    """List the sides, in the order of the runs.

    Parameters
    ----------
    cases, runs : DataFrame
        The tables of cases and of runs.
    by_device : bool
        Each device of a run is a side.
    """
    names = [str(run) for run in runs["run"]]
    if not by_device:
        return [(name, None) for name in names]
    told = cases[cases["device"].notna()]
    found = told.groupby("run", sort=False)["device"].unique()
    return [(name, str(device)) for name in names for device in found.get(name, ())]


def put_first(sides: Sequence[Place], baseline: str | None) -> list[Place]:
    """Order the sides so that the baseline is the first.

    Parameters
    ----------
    baseline : str or None
        A run, a device, or both as in ``RUN, gpu(0)``; the first that is called so. None
        leaves the order.

    Raises
    ------
    NotComparedError
        Where no side is called so.
    """
    if baseline is None:
        return list(sides)
    for side in sides:
        run, device = side
        if baseline in {run, device, f"{run}, {device}"}:
            return [side, *(one for one in sides if one != side)]
    known = ", ".join(dict.fromkeys(name for side in sides[:20] for name in side if name))
    raise NotComparedError(f"no side is called {baseline}; there are {known}.")


def paired(cases: pd.DataFrame, sides: Sequence[Place]) -> Paired:
    """Find the cases that sides share with the first of them.

    The name of a case of this suite holds all that it is; across devices it is taken
    without the device. Other benchmarks are told apart by their full name.
    """
    table = cases.assign(side=_side_numbers(cases, sides))
    table = table[table["side"] >= 0]
    by_device = any(device is not None for _, device in sides)
    table = table.assign(key=case_keys(table, by_device=by_device))
    counts = np.bincount(table["side"], minlength=len(sides))
    twice = table.duplicated(["key", "side"], keep=False)
    doubled = tuple(dict.fromkeys(table.loc[twice, "name"].astype(str)))
    table = table[~table["key"].isin(table.loc[twice, "key"])]
    n_sides = table.groupby("key", sort=False)["side"].transform("size")
    in_baseline = table["key"].isin(table.loc[table["side"] == 0, "key"])
    rows = table[in_baseline & (n_sides > 1)].reset_index(drop=True)
    return Paired(
        rows, _partial(table[n_sides < len(sides)]), doubled, tuple(int(n) for n in counts)
    )


def _side_numbers(cases: pd.DataFrame, sides: Sequence[Place]) -> NDArray[Any]:
    """Return the number of each case's side; -1 for none."""
    if any(device is not None for _, device in sides):
        numbers = {place: number for number, place in enumerate(sides)}
        pairs = zip(cases["run"], cases["device"], strict=True)
        return np.array([numbers.get(pair, -1) for pair in pairs], dtype=int)
    of_run = {run: number for number, (run, _) in enumerate(sides)}
    numbered: NDArray[Any] = cases["run"].map(of_run).fillna(-1).to_numpy(dtype=int)
    return numbered
