"""Which case of one side is the same as which of another, and did the same work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.compare.comparison import CASE_COLUMNS, NotComparedError
from bench.compare.rule import RULE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

# Whether two cases of one name did the same work.


#: Facts of any case that its time depends on, whatever it is called.
OF_ANY = (
    *("n_samples", "n_features", "n_parameters", "n_tensors", "n_bytes"),
    *("precision", "momentum", "density", "sampling", "backend"),
)
#: … of a training to a target: they decide how many steps it takes.
OF_TARGETS = ("tolerance", "learning_rate", "schedule")
COLUMNS = ("name", "side", "fact", "baseline_value", "side_value")


def alike(
    rows: pd.DataFrame, precisions: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave out cases that did other work than the baseline's of the same name.

    A fact that one side does not tell is no difference. How many epochs were trained, with
    which rate and to what loss, changes no time of an epoch.

    Parameters
    ----------
    rows : DataFrame
        From ``bench.compare.pairing.paired``.
    precisions : mapping of str to str
        Of each run that tells it; a case may tell its own.

    Returns
    -------
    alike : DataFrame
        The rows that are left.
    other : DataFrame
        A row for each fact that differs: ``name``, ``side``, ``fact``, ``baseline_value``,
        ``side_value``.
    """
    if precisions:
        rows = rows.assign(precision=_precision(rows, precisions))
    base = baseline_positions(rows)
    targets = rows["case"].isin(["target"]).to_numpy() if "case" in rows else False
    found, unlike = [], np.zeros(len(rows), dtype=bool)
    for fact in (*OF_ANY, *OF_TARGETS):
        if fact not in rows:
            continue
        values = rows[fact].to_numpy(dtype=object)
        differs = differ(values, values[base])
        if fact in OF_TARGETS:
            differs &= targets
        unlike |= differs
        found.append(_listed(rows, fact, values, base, differs))
    left = rows[~unlike]
    still = left.groupby("key", sort=False)["side"].transform("size") > 1
    other = pd.concat(found) if found else pd.DataFrame(columns=list(COLUMNS))
    return left[still].reset_index(drop=True), other.reset_index(drop=True)


def _precision(rows: pd.DataFrame, precisions: Mapping[str, str]) -> pd.Series:
    """Return each case's precision: its own, or else that of its run."""
    of_run = rows["run"].map(dict(precisions)).astype(object)
    if "precision" not in rows:
        return of_run
    own = rows["precision"].astype(object)
    told: pd.Series = own.where(own.notna(), of_run)
    return told


def baseline_positions(rows: pd.DataFrame) -> NDArray[Any]:
    """Return, for each row, where the baseline's row of the same key stands.

    Parameters
    ----------
    rows : DataFrame
        With ``key`` and ``side``; every key is on the side 0.

    Returns
    -------
    ndarray of int, shape (n_rows,)
    """
    at = np.flatnonzero(rows["side"].to_numpy() == 0)
    of_key = pd.Index(rows["key"].to_numpy()[at])
    position: NDArray[Any] = at[of_key.get_indexer(pd.Index(rows["key"]))]
    return position


def differ(values: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """Say where two columns are both known and not the same.

    Parameters
    ----------
    values, others : ndarray of object

    Returns
    -------
    ndarray of bool
    """
    at = np.flatnonzero(~(pd.isna(values) | pd.isna(others)))
    unlike = np.zeros(len(values), dtype=bool)
    unlike[at] = values[at] != others[at]
    at = np.flatnonzero(unlike)
    numbers, other_numbers = (
        pd.to_numeric(pd.Series(side[at], dtype=object), errors="coerce").to_numpy(dtype=float)
        for side in (values, others)
    )
    unlike[at] = ~np.isclose(numbers, other_numbers, rtol=RULE.fact_tolerance, atol=0.0)
    return unlike


def _listed(
    rows: pd.DataFrame,
    fact: str,
    values: NDArray[Any],
    base: NDArray[Any],
    differs: NDArray[Any],
) -> pd.DataFrame:
    """Make a row of each case that differs in a fact."""
    at = np.flatnonzero(differs)
    columns = (rows["name"].to_numpy()[at], rows["side"].to_numpy()[at], fact)
    told = dict(zip(COLUMNS, (*columns, values[base[at]], values[at]), strict=True))
    listed: pd.DataFrame = pd.DataFrame(told, columns=list(COLUMNS))
    return listed


# Which case of one side is the same as which of another.


#: A side before it has a label: a run, and the device where devices are compared.
Place = tuple[str, "str | None"]
#: What stands for the device in the key of a case that is compared across devices.
ANY_DEVICE = "*"


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

    Returns
    -------
    list of (str, str or None)
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
    sides : sequence of (str, str or None)
    baseline : str or None
        A run, a device, or both as in ``RUN, gpu(0)``; the first that is called so. None
        leaves the order.

    Returns
    -------
    list of (str, str or None)

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

    Parameters
    ----------
    cases : DataFrame
    sides : sequence of (str, str or None)

    Returns
    -------
    Paired
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


def case_keys(table: pd.DataFrame, *, by_device: bool = False) -> list[str]:
    """Return what each case is called in all runs.

    Parameters
    ----------
    table : DataFrame
        Of cases.
    by_device : bool
        Leave out on which device it ran.

    Returns
    -------
    list of str
        The name, which holds all that a case of this suite is; the full name of others.
    """
    columns = table.reindex(columns=["name", "fullname", "case", "device"])
    foreign = columns["case"].isna() & columns["fullname"].notna()
    names = columns["name"].where(~foreign, columns["fullname"]).astype(str)
    if not by_device:
        return list(names)
    devices = columns["device"].astype(str)
    return [
        name.replace(device, ANY_DEVICE) for name, device in zip(names, devices, strict=True)
    ]


def _partial(table: pd.DataFrame) -> pd.DataFrame:
    """Make a row of each case that some side lacks."""
    columns = [name for name in CASE_COLUMNS if name in table]
    first = table.drop_duplicates("key").set_index("key")[columns]
    having = table.groupby("key", sort=False)["side"].agg(tuple)
    result: pd.DataFrame = first.assign(sides=having.reindex(first.index)).reset_index()
    return result
