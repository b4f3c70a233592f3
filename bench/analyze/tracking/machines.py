"""Which earlier runs are of the same machine, and of which cases the same series."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bench.analyze.comparing import facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What a machine is recognised by. Its GPUs belong to the series on them, and what a setting
#: or new microcode changes to the series.
IDENTITY = ("node", "cpu_model", "cores_physical", "memory_bytes", "machine")
#: The kernel keeps some memory for itself, and not the same in each of its versions.
MEMORY_ROOM = 0.03
#: A library that is loaded into the process, but belongs to no backend: that one run has it
#: says that something else is installed.
UNOWNED = "threads.pools."
CODE_FACTS = ("commit", "dirty")


def other_machine(
    one: Mapping[str, str], other: Mapping[str, str], *, any_node: bool = False
) -> str:
    """Say by which fact two runs are of different machines.

    Parameters
    ----------
    one, other : mapping of str to str
        From ``bench.analyze.comparing.facts.facts_of``.
    any_node : bool
        The machine's name is none of them, as where every run has a container of its own.

    Returns
    -------
    str
        Empty where they are of one.
    """
    for fact in IDENTITY:
        told = (one.get(fact, facts.ABSENT), other.get(fact, facts.ABSENT))
        if facts.ABSENT in told or (fact == "node" and any_node):
            continue
        if told[0] != told[1] and not (fact == "memory_bytes" and _near(*told)):
            return fact
    return ""


def _near(one: str, other: str) -> bool:
    sizes = [float(text) for text in (one, other) if text.isdigit()]
    return len(sizes) == 2 and abs(sizes[0] - sizes[1]) <= MEMORY_ROOM * max(sizes)


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


def touching(found: Sequence[str], backend: str | None, *, gpu: bool) -> tuple[str, ...]:
    """Return the facts that cases of a backend may depend on.

    Parameters
    ----------
    found : sequence of str
        From `differing`.
    backend : str or None
        None for a case of another suite, which may depend on what all depend on.
    gpu : bool
        Whether they run on one.

    Returns
    -------
    tuple of str
    """
    return tuple(fact for fact in found if _touches(_scope(fact), backend, gpu=gpu))


@lru_cache(maxsize=1024)
def _scope(fact: str) -> facts.Scope:
    return facts.scope_of(fact)


def _touches(scope: facts.Scope, backend: str | None, *, gpu: bool) -> bool:
    of_backend = scope.backend is None or scope.backend == backend
    return of_backend and (gpu or not scope.gpu)
