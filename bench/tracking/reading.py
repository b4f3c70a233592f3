"""Reads a run and the earlier runs of its machine; says what was set aside, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.analyze.comparing.facts import facts_of
from bench.analyze.tracking.history import COLUMNS, History, history
from bench.analyze.tracking.machines import other_machine
from bench.analyze.tracking.rule import RULE
from bench.analyze.tracking.same_facts import same_facts
from bench.judging.stored_run import stored_run
from bench.loading.cache import CACHE
from bench.loading.reading import read
from bench.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from bench.loading.loaded import Damaged


@dataclass(frozen=True)
class Chosen:
    """A run with its history.

    Attributes
    ----------
    history : History
        Of its machine, through all its fingerprints.
    comparable : ndarray of bool, shape (n_runs, n_series)
        Where a run's facts that a series depends on are those of the last run.
    changed : mapping of str to str
        Of a case that no earlier run of these facts has: what is different.
    aside : tuple of str
        What was set aside and why, a sentence each.
    path : Path
        Of the run.
    folders : tuple of Path
    unmeasured : mapping of str to str
        Why a case was skipped or failed in the run.
    """

    history: History
    comparable: NDArray[np.bool_]
    changed: Mapping[str, str]
    aside: tuple[str, ...]
    path: Path
    folders: tuple[Path, ...]
    unmeasured: Mapping[str, str] = field(default_factory=dict)


def choose(
    run: Path,
    folders: Sequence[Path],
    cache: Path | None = CACHE,
    *,
    any_node: bool = False,
    most_runs: int = RULE.most_runs,
) -> Chosen:
    """Read a run and the earlier ones of its machine.

    Parameters
    ----------
    run : Path
        Its file.
    folders : sequence of Path
        Where earlier runs are.
    cache : Path or None
        Of what was parsed.
    any_node : bool
        Runs of machines of another name are of this one where all else is the same.
    most_runs : int
        The newest of so many.

    Returns
    -------
    Chosen

    Raises
    ------
    StoreError
        When the run can't be read, or a folder is missing.
    """
    found = read([run, *folders], cache, columns=())
    today = _today(run, found.runs["path"], found.damaged)
    table = found.runs.reset_index(drop=True)
    kept, aside = _of_machine(table, today, any_node=any_node)
    aside += [f"{one.path} was set aside: {one.reason}" for one in found.damaged]
    runs = pd.concat(
        [kept.sort_values("taken", kind="stable").tail(most_runs), table.iloc[[today]]],
        ignore_index=True,
    )
    cases = read([Path(str(path)) for path in runs["path"]], cache, COLUMNS)
    # Runs may be called otherwise among fewer of them: the table of cases has those names.
    names = dict(zip(cases.runs["path"], cases.runs["run"], strict=True))
    runs = runs.assign(run=[names[path] for path in runs["path"]])
    made = history(cases.cases, runs)
    facts = same_facts(made)
    unmeasured = stored_run(run).unmeasured
    return Chosen(
        made,
        facts.kinds == facts.kinds[-1],
        facts.changed,
        tuple(aside),
        run,
        tuple(folders),
        unmeasured,
    )


def _today(run: Path, paths: pd.Series, damaged: Sequence[Damaged]) -> int:
    """Return the place of the run that is judged among all that were read."""
    for one in damaged:
        if one.path == run:
            raise StoreError(f"{run} can't be judged: {one.reason}")
    (place, *_) = np.flatnonzero(paths.to_numpy() == str(run))
    return int(place)


def _of_machine(
    runs: pd.DataFrame, today: int, *, any_node: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Pick the earlier runs of the same machine, and count the others."""
    now = runs.iloc[today]
    own = facts_of(now)
    reasons = [""] * len(runs)
    by_machine: dict[tuple[str, str], str] = {}
    columns = ("taken", "status", "fingerprint", "node")
    values = zip(*(runs[name] for name in columns), strict=True)
    for place, (taken, status, fingerprint, node) in enumerate(values):
        if place == today:
            reasons[place] = "today"
        elif pd.isna(taken):
            reasons[place] = "without a time"
        elif pd.notna(now["taken"]) and taken >= now["taken"]:
            reasons[place] = "later than this one"
        elif str(status) == "interrupted":
            reasons[place] = "interrupted half-way"
        else:
            which = (str(fingerprint), str(node))
            if which not in by_machine:
                other = facts_of(runs.iloc[place])
                by_machine[which] = other_machine(own, other, any_node=any_node)
            if by_machine[which]:
                reasons[place] = "of other machines"
    kept: pd.DataFrame = runs[np.array([not one for one in reasons], dtype=bool)]
    counts = Counter(one for one in reasons if one and one != "today")
    return kept, [f"{_runs(n)} {why} {_were(n)} left aside." for why, n in counts.items()]


def _runs(n: int) -> str:
    return "1 run" if n == 1 else f"{n} runs"


def _were(n: int) -> str:
    return "was" if n == 1 else "were"
