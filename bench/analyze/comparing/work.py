"""Whether two cases that are called the same did the same work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

#: Facts of any case that its time depends on, whatever it is called.
OF_ANY = (
    "n_samples",
    "n_features",
    "n_parameters",
    "n_tensors",
    "n_bytes",
    "precision",
    "momentum",
    "density",
    "sampling",
    "backend",
)
#: … of a training to a target: they decide how many steps it takes.
OF_TARGETS = ("tolerance", "learning_rate", "schedule")
#: Two numbers are the same within this, relative: rates are tuned, and read from text.
SAME = 1e-6
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
        From ``bench.analyze.comparing.pairing.paired``.
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
    unlike[at] = ~np.isclose(numbers, other_numbers, rtol=SAME, atol=0.0)
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
