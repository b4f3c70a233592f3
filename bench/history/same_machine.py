"""Which runs are of the same machine, and of which cases the same series."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.history.rule import RULE
from bench.store import facts
from bench.store.facts import ABSENT, facts_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from bench.history.series import History

    Facts = Mapping[str, str]
    #: The backend of a case, and whether it runs on a GPU.
    Group = tuple[str | None, bool]

# By which facts two runs are of different machines, or of different series.


#: What a machine is recognised by. Its GPUs belong to the series on them, and what a setting
#: or new microcode changes to the series.
IDENTITY = ("node", "cpu_model", "cores_physical", "memory_bytes", "machine")
#: A library that is loaded into the process, but belongs to no backend: that one run has it
#: says that something else is installed.
UNOWNED = "threads.pools."
CODE_FACTS = ("commit", "dirty")
_scope = lru_cache(maxsize=1024)(facts.scope_of)


def other_machine(
    one: Mapping[str, str], other: Mapping[str, str], *, any_node: bool = False
) -> str:
    """Say by which fact two runs are of different machines.

    Parameters
    ----------
    one, other : mapping of str to str
        From ``bench.store.facts.facts_of``.
    any_node : bool
        The machine's name is none of them, as where every run has a container of its own.

    Returns
    -------
    str
        Empty where they are of one.
    """
    for fact in IDENTITY:
        values = (one.get(fact, facts.ABSENT), other.get(fact, facts.ABSENT))
        if facts.ABSENT in values or (fact == "node" and any_node):
            continue
        if values[0] != values[1] and not (fact == "memory_bytes" and _near(*values)):
            return fact
    return ""


def _near(one: str, other: str) -> bool:
    sizes = [float(text) for text in (one, other) if text.isdigit()]
    return len(sizes) == 2 and abs(sizes[0] - sizes[1]) <= RULE.memory_tolerance * max(sizes)


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """List the facts that make two runs of one machine different series, for any case.

    Parameters
    ----------
    one, other : mapping of str to str

    Returns
    -------
    tuple of str
        The code and the protocol are none: they are what a series is watched for.
    """
    return tuple(
        fact
        for fact in sorted({*one, *other})
        if _differs(fact, one.get(fact), other.get(fact))
    )


def _differs(fact: str, one: str | None, other: str | None) -> bool:
    if one == other or fact in {*IDENTITY, *CODE_FACTS} or facts.scope_of(fact).nothing:
        return False
    if one is not None and other is not None:
        return True
    if fact.startswith(UNOWNED) and facts.scope_of(fact).backend is None:
        return False
    return fact.startswith(facts.ABSENCE_TELLS) or facts.kind_of(fact) == facts.OTHER


def touching(differences: Sequence[str], backend: str | None, *, gpu: bool) -> tuple[str, ...]:
    """Return the facts that cases of a backend may depend on.

    Parameters
    ----------
    differences : sequence of str
        From `differing`.
    backend : str or None
        None for a case of another suite, which may depend on what all depend on.
    gpu : bool
        Whether they run on one.

    Returns
    -------
    tuple of str
    """
    scopes = ((fact, _scope(fact)) for fact in differences)
    return tuple(
        fact
        for fact, scope in scopes
        if scope.backend in {None, backend} and (gpu or not scope.gpu)
    )


# Which runs of a machine have the facts of a case in common, so that they can be compared.


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
    all_facts = [facts_of(row) for _, row in history.runs.iterrows()]
    groups = _groups_of(history.series)
    distinct = sorted(set(groups), key=str)
    of_group = np.array([distinct.index(one) for one in groups], dtype=int)
    kinds = _kinds(all_facts, distinct)
    changed = {
        str(history.series["key"].iloc[place]): _different(
            all_facts, kinds, group, distinct[group]
        )
        for place, group in _without_earlier(history, kinds[:, of_group], of_group)
    }
    return SameFacts(kinds[:, of_group], changed)


def _groups_of(series: pd.DataFrame) -> list[Group]:
    backends = [None if pd.isna(one) else str(one) for one in series["backend"]]
    gpus = [str(one).startswith("gpu") for one in series["device"]]
    return list(zip(backends, gpus, strict=True))


def _kinds(all_facts: Sequence[Facts], groups: Sequence[Group]) -> NDArray[np.intp]:
    """Give runs of each group the number of the newest run whose facts they share."""
    kinds = np.zeros((len(all_facts), len(groups)), dtype=np.intp)
    firsts: list[list[int]] = [[] for _ in groups]
    known: dict[tuple[tuple[str, str], ...], NDArray[np.intp]] = {}
    for row in reversed(range(len(all_facts))):
        key = tuple(sorted((f, v) for f, v in all_facts[row].items() if f not in PASSED_OVER))
        if key not in known:
            known[key] = _row(all_facts, row, groups, firsts)
        kinds[row] = known[key]
    return kinds


def _row(
    all_facts: Sequence[Facts], row: int, groups: Sequence[Group], firsts: list[list[int]]
) -> NDArray[np.intp]:
    """Find of each group the newer run that has this one's facts; else it begins a kind."""
    of_group = np.full(len(groups), row, dtype=np.intp)
    against: dict[int, tuple[str, ...]] = {}
    for column, (backend, gpu) in enumerate(groups):
        for first in firsts[column][: RULE.most_fingerprints]:
            if first not in against:
                against[first] = differing(all_facts[first], all_facts[row])
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
    all_facts: Sequence[Facts], kinds: NDArray[np.intp], column: int, group: Group
) -> str:
    """Say in what the newest run of another kind differs from the last run."""
    row = int(np.flatnonzero(kinds[:-1, column] != kinds[-1, column])[-1])
    backend, gpu = group
    now, before = all_facts[-1], all_facts[row]
    differences = touching(differing(now, before), backend, gpu=gpu)
    return "; ".join(
        f"{fact}: {before.get(fact, ABSENT)} before, {now.get(fact, ABSENT)} now"
        for fact in differences[:MOST_TOLD]
    )


# Which of many runs are of the same machine.


NAMELESS = "a machine that the runs do not name"


@dataclass(frozen=True)
class Machine:
    """A machine with its runs.

    Attributes
    ----------
    name : str
        Its host's and its processor's, as far as the runs tell them; no two are the same.
    runs : DataFrame
        Of ``bench.loading``, the oldest first; each has a time.
    """

    name: str
    runs: pd.DataFrame


@dataclass(frozen=True)
class Machines:
    """All machines of some runs.

    Attributes
    ----------
    found : tuple of Machine
        The one that was measured last comes first.
    any_node : bool
        Nearly every run names another host, as where each has a container of its own: hosts
        that are alike in all else are taken for one machine.
    """

    found: tuple[Machine, ...]
    any_node: bool


def machines(runs: pd.DataFrame) -> Machines:
    """Split runs by machine.

    Parameters
    ----------
    runs : DataFrame
        The table of ``bench.loading``.

    Returns
    -------
    Machines
        Without the runs that tell no time.
    """
    ordered = runs[runs["taken"].notna()].sort_values(["taken", "run"], kind="stable")
    all_facts = [facts_of(row) for _, row in ordered.iterrows()]
    groups = _groups(all_facts, any_node=False)
    any_node = len(all_facts) > RULE.fewest_earlier and len(groups) > len(all_facts) / 2
    if any_node:
        groups = _groups(all_facts, any_node=True)
    names = _unlike([_name(all_facts[rows[-1]], any_node=any_node) for rows in groups])
    split = [
        Machine(name, ordered.iloc[rows].reset_index(drop=True))
        for name, rows in zip(names, groups, strict=True)
    ]
    return Machines(tuple(split), any_node)


def _groups(all_facts: Sequence[Facts], *, any_node: bool) -> list[list[int]]:
    """Return the places of each machine's runs, ascending, by its newest run.

    A run that tells nothing of its machine would be like any: such runs are one of their own.
    """
    newest: list[Facts] = []
    groups: list[list[int]] = []
    known: dict[tuple[str | None, ...], int] = {}
    for place in reversed(range(len(all_facts))):
        facts = all_facts[place]
        key = tuple(facts.get(fact) for fact in IDENTITY)
        if key not in known:
            known[key] = _place(facts, newest, any_node=any_node)
        if known[key] == len(groups):
            newest.append(facts)
            groups.append([])
        groups[known[key]].append(place)
    return [rows[::-1] for rows in groups]


def _place(facts: Facts, newest: Sequence[Facts], *, any_node: bool) -> int:
    """Return the number of the machine that a run is of; one more for a new one."""
    for number, other in enumerate(newest):
        alike = any(fact in facts for fact in IDENTITY) == any(
            fact in other for fact in IDENTITY
        )
        if alike and not other_machine(other, facts, any_node=any_node):
            return number
    return len(newest)


def _name(facts: Facts, *, any_node: bool) -> str:
    wanted = ("cpu_model",) if any_node else ("node", "cpu_model")
    return ", ".join(facts[fact] for fact in wanted if fact in facts) or NAMELESS


def _unlike(names: Sequence[str]) -> list[str]:
    """Give what is called the same a number."""
    total = {name: names.count(name) for name in names}
    seen = dict.fromkeys(names, 0)
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(f"{name} ({seen[name]})" if total[name] > 1 else name)
    return numbered
