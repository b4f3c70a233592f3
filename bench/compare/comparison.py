"""What a comparison of stored runs holds: its sides, their cases, and what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from bench.store import facts
from bench.store.facts import _partial, case_keys, known

#: What may be compared; ``auto`` picks one of them.
AXES = ("run", "machine", "device", "version", "setting", "date")
#: Beyond so many sides a table of ratios says less than each case over time.
MOST_SIDES = 8


class NotComparedError(Exception):
    """Runs in which nothing can be set against anything; the message is one sentence."""


@dataclass(frozen=True)
class Side:
    """One column of a comparison: a run, or a device of a run.

    Attributes
    ----------
    label : str
        What tells it from the other sides, for a person.
    run : str
        Name of the run.
    device : str or None
        Where devices are compared; None where all of a run's are meant.
    taken : Timestamp
        When, UTC; NaT where the file does not tell.
    dirty : bool
        The run's code had changes that no commit holds.
    processes : int
        Fresh processes that every case was timed in; 1 where the run does not tell.
    n_cases : int
        Cases of this side, compared or not.
    """

    label: str
    run: str
    device: str | None
    taken: pd.Timestamp
    commit: str | None
    dirty: bool
    processes: int
    n_cases: int


def side_of(label: str, device: str | None, n_cases: int, run: pd.Series) -> Side:
    """Describe a side by the row of its run, which may lack columns."""
    commit, dirty, processes = (run.get(name) for name in ("commit", "dirty", "processes"))
    return Side(
        label=label,
        run=str(run["run"]),
        device=device,
        taken=run.get("taken", pd.NaT),
        commit=str(commit) if known(commit) else None,
        dirty=known(dirty) and bool(dirty),
        processes=int(run["processes"]) if known(processes) else 1,
        n_cases=n_cases,
    )


@dataclass(frozen=True)
class Difference:
    """A fact in which the sides' runs differ.

    Attributes
    ----------
    fact : str
        With dots for what is nested: ``backends.mxnet.mxnet``.
    kind : str
        ``hardware``, ``software``, ``setting``, ``precision``, ``code``, ``protocol`` or,
        for a fact that nobody has classified, ``other``.
    values : tuple of str
        One for each side; ``–`` where its run does not have it.
    expected : bool
        It is what is compared.
    n_touched : int
        Ratios of cases that may depend on it; 0: it is listed, not warned about.
    """

    fact: str
    kind: str
    values: tuple[str, ...]
    expected: bool
    n_touched: int


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Attributes
    ----------
    axis : str
        What is compared, of ``AXES``.
    sides : tuple of Side
        The first is the baseline.
    differences : tuple of Difference
        Those that are not expected and touch ratios first.
    warnings : tuple of str
        A sentence each, with what to do.
    rows : DataFrame
        A row for each case and side, of the cases that the baseline and at least one more
        side have: those of ``CASE_COLUMNS`` that there are; ``key``, the same on all sides;
        ``side``, its number; ``run``; ``seconds`` with its interval ``low`` to ``high`` and
        the ``basis`` of that: ``processes``, ``rounds`` or ``none``; ``ratio`` with
        ``ratio_low``, ``ratio_high`` and ``ratio_basis``, from
        ``bench.compare.ratios`` (seconds of the side over seconds of the
        baseline; 1 with the basis ``baseline`` for the baseline itself); ``untrusted``.
    partial : DataFrame
        A row for each case that some side lacks: ``name``, ``case``, ``backend``,
        ``kernel``, ``device``, and ``sides``, a tuple of the numbers of those that have it.
    different_work : DataFrame
        Cases that are called the same and are not: ``name``, ``side``, ``fact``,
        ``baseline_value``, ``side_value``. They are not in ``rows``.
    """

    axis: str
    sides: tuple[Side, ...]
    differences: tuple[Difference, ...]
    warnings: tuple[str, ...]
    rows: pd.DataFrame
    partial: pd.DataFrame
    different_work: pd.DataFrame

    @property
    def baseline(self) -> Side:
        """The side that the others are set against."""
        return self.sides[0]


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
    found = cases[cases["device"].notna()].groupby("run", sort=False)["device"].unique()
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
    by_device = any(device is not None for _, device in sides)
    numbers = {place: number for number, place in enumerate(sides)}
    devices = cases["device"] if by_device else [None] * len(cases)
    found = [numbers.get(one, -1) for one in zip(cases["run"], devices, strict=True)]
    table = cases.assign(side=np.array(found, dtype=int))
    table = table[table["side"] >= 0]
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
