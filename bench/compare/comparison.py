"""What a comparison of stored runs holds."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bench.store.facts import known

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
