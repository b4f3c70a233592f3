"""How several names, facts and numbers of cases are written in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.analyze.comparing import facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.analyze.comparing.comparison import Difference

#: So many of several names or facts are told; the rest is counted.
MOST_NAMED = 4
#: Values of a fact that together are longer are counted instead.
MOST_CHARACTERS = 80
KIND_NAMES = {
    facts.SETTING: "settings",
    facts.PRECISION: "their precision mode",
    facts.CODE: "their code",
    facts.OTHER: "facts of no known kind",
}


def written(one: Difference) -> str:
    """Write a fact with its values, as far as they are few and short."""
    values = list(dict.fromkeys(one.values))
    if len(values) > MOST_NAMED or sum(map(len, values)) > MOST_CHARACTERS:
        return f"{one.fact}: {len(values)} values"
    return f"{one.fact}: {' and '.join(values)}"


def kind_name(kind: str) -> str:
    """Name a kind of facts in which runs differ."""
    return KIND_NAMES.get(kind, kind)


def of_all(n: int, n_ratios: int) -> str:
    """Write how many of all ratios: ``every ratio``, ``3 of 40 ratios``."""
    return "every ratio" if n == n_ratios else f"{n} of {n_ratios} ratios"


def cases(n: int) -> str:
    """Write a number of cases."""
    return "1 case" if n == 1 else f"{n} cases"


def unique(names: Iterable[object]) -> list[str]:
    """Return names without those that came before."""
    return list(dict.fromkeys(str(name) for name in names))


def listed(names: Sequence[str]) -> str:
    """Write several names; beyond a few the rest is counted."""
    shown = list(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        shown.append(f"and {len(names) - MOST_NAMED} more")
    return ", ".join(shown)
