"""Which runs of a machine have the facts of a case in common: their times can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.analyze.comparing.facts import ABSENT, facts_of
from bench.analyze.tracking.machines import CODE_FACTS, differing, touching

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from bench.analyze.tracking.history import History

    Facts = Mapping[str, str]
    #: The backend of a case, and whether it runs on a GPU.
    Group = tuple[str | None, bool]

#: A fingerprint is compared with so many others; a machine has a few in its life.
MOST_KINDS = 32
MOST_TOLD = 3
PASSED_OVER = (*CODE_FACTS, "preset")


@dataclass(frozen=True)
class SameFacts:
    """Runs that can be compared.

    Attributes
    ----------
    kinds : ndarray of int, shape (n_runs, n_series)
        Runs with the same number of a series have all facts in common that it depends on.
    changed : mapping of str to str
        Of a case of the last run that no earlier run with its facts has: what is different
        from the newest of the earlier ones.
    """

    kinds: NDArray[np.intp]
    changed: Mapping[str, str]


def same_facts(history: History) -> SameFacts:
    """Compare the facts of all runs.

    Parameters
    ----------
    history : History

    Returns
    -------
    SameFacts
    """
    told = [facts_of(row) for _, row in history.runs.iterrows()]
    groups = _groups_of(history.series)
    distinct = sorted(set(groups), key=str)
    of_group = np.array([distinct.index(one) for one in groups], dtype=int)
    kinds = _kinds(told, distinct)
    changed = {
        str(history.series["key"].iloc[place]): _different(told, kinds, group, distinct[group])
        for place, group in _without_earlier(history, kinds[:, of_group], of_group)
    }
    return SameFacts(kinds[:, of_group], changed)


def _groups_of(series: pd.DataFrame) -> list[Group]:
    backends = [None if pd.isna(one) else str(one) for one in series["backend"]]
    gpus = [str(one).startswith("gpu") for one in series["device"]]
    return list(zip(backends, gpus, strict=True))


def _kinds(told: Sequence[Facts], groups: Sequence[Group]) -> NDArray[np.intp]:
    """Give runs of each group the number of the newest run whose facts they share."""
    kinds = np.zeros((len(told), len(groups)), dtype=np.intp)
    firsts: list[list[int]] = [[] for _ in groups]
    known: dict[tuple[tuple[str, str], ...], NDArray[np.intp]] = {}
    for row in reversed(range(len(told))):
        key = tuple(sorted((f, v) for f, v in told[row].items() if f not in PASSED_OVER))
        if key not in known:
            known[key] = _row(told, row, groups, firsts)
        kinds[row] = known[key]
    return kinds


def _row(
    told: Sequence[Facts], row: int, groups: Sequence[Group], firsts: list[list[int]]
) -> NDArray[np.intp]:
    """Find of each group the newer run that has this one's facts; else it begins a kind."""
    of_group = np.full(len(groups), row, dtype=np.intp)
    against: dict[int, tuple[str, ...]] = {}
    for column, (backend, gpu) in enumerate(groups):
        for first in firsts[column][:MOST_KINDS]:
            if first not in against:
                against[first] = differing(told[first], told[row])
            if not touching(against[first], backend, gpu=gpu):
                of_group[column] = first
                break
        else:
            firsts[column].append(row)
    return of_group


def _without_earlier(
    history: History, kinds: NDArray[np.intp], of_group: NDArray[np.intp]
) -> list[tuple[int, int]]:
    """List the series that the last run has on other facts than all before it."""
    there = history.there
    same = np.any((kinds[:-1] == kinds[-1]) & there[:-1], axis=0)
    other = np.any(kinds[:-1] != kinds[-1], axis=0)
    return [(int(n), int(of_group[n])) for n in np.flatnonzero(there[-1] & ~same & other)]


def _different(
    told: Sequence[Facts], kinds: NDArray[np.intp], column: int, group: Group
) -> str:
    """Say in what the newest run of another kind differs from the last run."""
    row = int(np.flatnonzero(kinds[:-1, column] != kinds[-1, column])[-1])
    backend, gpu = group
    found = touching(differing(told[-1], told[row]), backend, gpu=gpu)
    return "; ".join(
        f"{fact}: {told[row].get(fact, ABSENT)} before, {told[-1].get(fact, ABSENT)} now"
        for fact in found[:MOST_TOLD]
    )
