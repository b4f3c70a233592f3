"""In which facts runs differ, how many ratios that touches, and how it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from bench.compare.comparison import Difference
from bench.store import facts

# Names, facts and numbers of cases as a sentence writes them.


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


# The facts in which the sides' runs differ, and how many ratios that touches.


#: Kinds of facts that are expected to differ, by what is compared.
EXPECTED = {
    "machine": (facts.HARDWARE,),
    "version": (facts.SOFTWARE, facts.CODE),
    "setting": (facts.SETTING,),
}
#: What is compared where facts of this kind differ; the first kind that does decides.
DECIDING = (
    (facts.HARDWARE, "machine"),
    (facts.SOFTWARE, "version"),
    (facts.SETTING, "setting"),
    (facts.PRECISION, "setting"),
    (facts.CODE, "version"),
)


def differences(
    side_facts: Sequence[Mapping[str, str]], rows: pd.DataFrame
) -> tuple[Difference, ...]:
    """List the facts in which the sides differ.

    Parameters
    ----------
    side_facts : sequence of mapping
        The facts of each side's run.
    rows : DataFrame
        The compared cases, with ``side``, ``backend`` and ``device``.

    Returns
    -------
    tuple of Difference
        None of them expected yet.
    """
    names = sorted({fact for one in side_facts for fact in one})
    ratios = _counted(rows)
    differing = []
    for fact in names:
        values = tuple(one.get(fact, facts.ABSENT) for one in side_facts)
        if len(set(values)) > 1:
            n_touched = _touched(fact, values, ratios)
            differing.append(Difference(fact, facts.kind_of(fact), values, False, n_touched))
    return tuple(differing)


def decided(found: Sequence[Difference]) -> str:
    """Say what runs compare that differ so.

    Returns
    -------
    str
        An axis. Facts that no compared case depends on decide nothing.
    """
    kinds = {one.kind for one in found if one.n_touched}
    return next((axis for kind, axis in DECIDING if kind in kinds), "date")


def expecting(found: Sequence[Difference], axis: str) -> tuple[Difference, ...]:
    """Mark what is compared, and put first what is not."""
    marked = [replace(one, expected=_expected(one, axis)) for one in found]
    return tuple(sorted(marked, key=lambda one: (one.expected, one.n_touched == 0, one.fact)))


def _expected(one: Difference, axis: str) -> bool:
    if axis == "device":  # another GPU may be in another machine, but that is another machine
        return one.fact.startswith("gpus")
    return one.kind in EXPECTED.get(axis, ())


def _counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the ratios by side, backend and whether they are on a GPU."""
    columns = rows.reindex(columns=["side", "backend", "device"])
    columns = columns[columns["side"] > 0]
    on_gpu = columns["device"].astype(str).str.startswith("gpu").to_numpy(dtype=bool)
    named = columns["backend"].astype(object).where(columns["backend"].notna(), "")
    table = columns[["side"]].assign(backend=named, gpu=on_gpu)
    counted: pd.DataFrame = (
        table.groupby(["side", "backend", "gpu"], sort=False).size().reset_index(name="n")
    )
    return counted


def _touched(fact: str, values: Sequence[str], ratios: pd.DataFrame) -> int:
    """Count the ratios that may depend on a fact whose two sides differ in it."""
    scope = facts.scope_of(fact)
    if scope.nothing:
        return 0
    differs = np.array([value != values[0] for value in values])
    if not (fact.startswith(facts.ABSENCE_TELLS) or facts.kind_of(fact) == facts.OTHER):
        present = np.array([value != facts.ABSENT for value in values])
        differs &= present & present[0]
    chosen = differs[ratios["side"].to_numpy(dtype=int)]
    if scope.backend is not None:
        chosen &= ratios["backend"].to_numpy() == scope.backend
    if scope.gpu:
        chosen &= ratios["gpu"].to_numpy(dtype=bool)
    return int(ratios["n"].to_numpy()[chosen].sum())
