"""Which of many runs are of the same machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.analyze.comparing.facts import facts_of
from bench.analyze.tracking.machines import IDENTITY, other_machine
from bench.analyze.tracking.rule import RULE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    Facts = Mapping[str, str]

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
    told = [facts_of(row) for _, row in ordered.iterrows()]
    groups = _groups(told, any_node=False)
    any_node = len(told) > RULE.fewest_earlier and len(groups) > len(told) / 2
    if any_node:
        groups = _groups(told, any_node=True)
    names = _unlike([_name(told[rows[-1]], any_node=any_node) for rows in groups])
    found = [
        Machine(name, ordered.iloc[rows].reset_index(drop=True))
        for name, rows in zip(names, groups, strict=True)
    ]
    return Machines(tuple(found), any_node)


def _groups(told: Sequence[Facts], *, any_node: bool) -> list[list[int]]:
    """Return the places of each machine's runs, ascending, by its newest run.

    A run that tells nothing of its machine would be like any: such runs are one of their own.
    """
    newest: list[Facts] = []
    groups: list[list[int]] = []
    known: dict[tuple[str | None, ...], int] = {}
    for place in reversed(range(len(told))):
        facts = told[place]
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
        if _tells(facts) != _tells(other):
            continue
        if not other_machine(other, facts, any_node=any_node):
            return number
    return len(newest)


def _tells(facts: Facts) -> bool:
    return any(fact in facts for fact in IDENTITY)


def _name(facts: Facts, *, any_node: bool) -> str:
    wanted = ("cpu_model",) if any_node else ("node", "cpu_model")
    return ", ".join(facts[fact] for fact in wanted if fact in facts) or NAMELESS


def _unlike(names: Sequence[str]) -> list[str]:
    """Give what is called the same a number."""
    total = {name: names.count(name) for name in names}
    seen = dict.fromkeys(names, 0)
    made = []
    for name in names:
        seen[name] += 1
        made.append(f"{name} ({seen[name]})" if total[name] > 1 else name)
    return made
