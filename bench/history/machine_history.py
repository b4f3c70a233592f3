"""The whole history of a machine: bands, marks, steps, drift, and today's verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from bench.history import series
from bench.history.long_term import days_of, sum_up, tell
from bench.history.rule import RULE
from bench.history.series import Facts, SameFacts, history
from bench.history.verdicts import Judged, judge
from bench.stats.change_points import Slope, Step, drift, steps
from bench.stats.medians import VARIANCE_OF_LEVEL, Floats, earlier
from bench.stats.verdict import Change, Drift, Judgement, Margins
from bench.store.facts import facts_of

# The band in which each run was to be expected, by the earlier ones with the same facts.


OF_BAND = ["low", "high", "mark"]


def banded(
    history: series.History,
    kinds: NDArray[np.intp],
    margins: Margins,
    steps_of: Mapping[str, Sequence[Step]],
) -> pd.DataFrame:
    """Make the table of a history, in which other facts make other bands.

    Parameters
    ----------
    kinds : ndarray of int, shape (n_runs, n_series)
        Of a series, runs with the same number can be compared.
    steps_of : mapping of str to sequence of Step
        From `series_steps`.

    Returns
    -------
    DataFrame
        As `history_table`. Steps are those of all runs: that the facts changed is what they
        show.
    """
    table = history_table(history, margins, steps_of)
    if not np.any(kinds != kinds[-1]):
        return table
    table = table.assign(low=np.nan, high=np.nan, mark=series.UNKNOWN).set_index(["key", "run"])
    for part in _parts(history, kinds):
        bands = history_table(part, margins, {}).set_index(["key", "run"])
        table.loc[bands.index, OF_BAND] = bands[OF_BAND]
    whole: pd.DataFrame = table.reset_index()
    return whole


def _parts(history: series.History, kinds: NDArray[np.intp]) -> Iterator[series.History]:
    """Yield the runs and series that can be compared, where they are enough for a band."""
    columns, of_column = np.unique(kinds, axis=1, return_inverse=True)
    for number, column in enumerate(columns.T):
        members = np.flatnonzero(of_column.ravel() == number)
        for kind in np.unique(column):
            rows = np.flatnonzero(column == kind)
            if len(rows) > RULE.fewest_earlier:
                yield part(history, rows, members)


def part(
    history: series.History, rows: NDArray[np.intp], members: NDArray[np.intp]
) -> series.History:
    """Return some runs and series of a history.

    Parameters
    ----------
    rows, members : ndarray of int
        Places of the runs and of the series.
    """
    chosen = np.ix_(rows, members)
    return replace(
        history,
        runs=history.runs.iloc[rows].reset_index(drop=True),
        series=history.series.iloc[members].reset_index(drop=True),
        logs=history.logs[chosen],
        there=history.there[chosen],
    )


# Steps and drift of single cases, by the rule for kernels in ``bench.history.long_term``.


def series_steps(history: series.History, margins: Margins) -> dict[str, Sequence[Step]]:
    """Find the steps of each case; their places are among the runs that tell of it."""
    logs = dict(zip(history.series["key"].astype(str), history.logs.T, strict=True))
    return {
        key: steps(of_case[np.isfinite(of_case)], float(np.log1p(margins.of(key))))
        for key, of_case in logs.items()
    }


def series_changes(
    history: series.History, steps_of: Mapping[str, Sequence[Step]], margins: Margins
) -> tuple[tuple[Change, ...], tuple[Drift, ...]]:
    """Tell the steps of single cases from drift.

    Parameters
    ----------
    steps_of : mapping of str to sequence of Step
        From `series_steps`.

    Returns
    -------
    changes : tuple of Change
        The newest first; none of a case that drifts.
    """
    days = days_of(history.runs)
    found = []
    for column, key in enumerate(history.series["key"].astype(str)):
        rows = np.flatnonzero(np.isfinite(history.logs[:, column]))
        margin = float(np.log1p(margins.of(key)))
        slope = _slope(history.logs[rows, column], days[rows], steps_of[key], margin)
        found.append((key, rows, steps_of[key], slope))
    return tell(history, found)


def _slope(logs: Floats, days: Floats, steps: Sequence[Step], margin: float) -> Slope | None:
    """Say whether a series drifts, by its blocks where it is long."""
    size = -(-len(logs) // RULE.most_blocks) or 1
    n_left_out = len(logs) % size  # of the oldest
    blocks = np.median(logs[n_left_out:].reshape(-1, size), axis=1)
    middles = np.mean(days[n_left_out:].reshape(-1, size), axis=1)
    places = sorted({round((one.place - n_left_out) / size) for one in steps})
    moved = [replace(steps[0], place=one) for one in places if 0 < one < len(blocks)]
    return drift(blocks, middles, moved, margin)


# The whole history of a machine: bands, marks, steps, drift, and the newest verdicts.


@dataclass(frozen=True)
class WholeHistory:
    """What the runs of a machine say.

    Attributes
    ----------
    table : DataFrame
        A row for each case and run, as ``bench.history.series.history_table`` makes
        it; the band of a run is that of the earlier ones with the same facts.
    judgement : Judgement
        Of the newest run, by the rule of ``track``; with steps and drifts of the machine's
        parts and of kernels.
    changes : tuple of Change
        Steps of single cases, the newest first.
    drifts : tuple of Drift
        Of single cases.
    n_interrupted : int
        Runs that were interrupted, and left out.
    n_other_work : int
        Measurements that were left out for other work under the same name.
    """

    machine: Machine
    table: pd.DataFrame
    judgement: Judgement
    changes: tuple[Change, ...]
    drifts: tuple[Drift, ...]
    n_interrupted: int
    n_other_work: int

    @property
    def newest(self) -> pd.Series:
        """The row of the newest run, which the judgement is of."""
        return self.machine.runs.iloc[-1]


def whole_history(
    cases: pd.DataFrame,
    machine: Machine,
    margins: Margins,
    unmeasured: Mapping[str, str] | None = None,
) -> WholeHistory:
    """Find out what the runs of a machine say.

    Parameters
    ----------
    cases : DataFrame
        Columns of ``bench.store``; of any runs.
    unmeasured : mapping of str to str, optional
        Why the newest run skipped a case, or failed at it.
    """
    runs = machine.runs
    # The newest is judged whatever it is, as by track.
    kept = (runs["status"].astype(str) != "interrupted").to_numpy(dtype=bool, copy=True)
    kept[-1] = True
    sound = runs[kept].reset_index(drop=True)
    made = history(cases[cases["run"].isin(set(sound["run"]))], sound)
    facts = series.same_facts(made)
    steps_of = series_steps(made, margins)
    table = banded(made, facts.kinds, margins, steps_of)
    changes, drifts = series_changes(made, steps_of, margins)
    newest = Judged.of(*_as_tracked(cases, made, facts), margins, unmeasured or {})
    judgement = sum_up(newest, judge(newest))  # nothing is measured again here
    n_left_out = (int(np.sum(~kept)), made.n_other_work)
    return WholeHistory(machine, table, judgement, changes, drifts, *n_left_out)


def _as_tracked(
    cases: pd.DataFrame, whole: series.History, facts: SameFacts
) -> tuple[series.History, SameFacts]:
    """Leave out older runs: neither what they say nor what they lack is part of a verdict."""
    if len(whole.runs) <= RULE.most_runs + 1:
        return whole, facts
    runs = whole.runs.tail(RULE.most_runs + 1).reset_index(drop=True)
    newest = history(cases[cases["run"].isin(set(runs["run"]))], runs)
    return newest, series.same_facts(newest)


#: The columns, after ``key`` and ``run``.
TABLE_COLUMNS = ("taken", "seconds", "low", "high", "mark", "step", "step_low", "step_high")


# A history as a tidy table, for a page that shows every series over time.


def history_table(
    history: series.History, margins: Margins, steps_of: Mapping[str, Sequence[Step]]
) -> pd.DataFrame:
    """Make a row of each case and run of a machine.

    Parameters
    ----------
    history : History
        See ``bench.history.reading.choose``; of any tables of ``bench.store`` that hold the
        runs of one machine, ``bench.history.series.history`` makes it.
    steps_of : mapping of str to sequence of Step
        From `series_steps`; empty for a table without steps.

    Returns
    -------
    DataFrame
        By case, then time: ``key``, ``run``, ``taken``, ``seconds`` (what the run is judged
        by, see ``bench.history.run_times``; NaN where it tells nothing of the case);
        ``low`` and ``high``, seconds between which the run was to be
        expected at 95% by the earlier ones, NaN below `Rule.fewest_earlier` of them;
        ``mark``: ``slower`` or ``faster`` where it lies outside of the band by more than the
        margin, ``within`` else, empty where there is no band; ``step``: seconds after over
        before where a change point begins with this run, with ``step_low``, ``step_high``;
        else NaN. A mark is of one run alone: the verdict of ``track`` takes more.
    """
    bands, tables = _bands(history.logs), []
    for column, key in enumerate(history.series["key"].astype(str)):
        edge, found = float(np.log1p(margins.of(key))), steps_of.get(key, ())
        tables.append(_of_series(history, column, bands[:, :, column], edge, found))
    if not tables:
        nothing: pd.DataFrame = pd.DataFrame(columns=["key", "run", *TABLE_COLUMNS])
        return nothing
    return pd.concat(tables, ignore_index=True)


def _bands(logs: Floats) -> Floats:
    """Return between which logarithms each run was to be expected; NaN where unknown."""
    bands = np.full((2, *logs.shape), np.nan)
    for row in range(RULE.fewest_earlier, len(logs)):
        before = earlier(logs[max(row - RULE.most_earlier, 0) : row], RULE.min_std)
        error = before.std * np.sqrt(1 + VARIANCE_OF_LEVEL / np.maximum(before.n, 1))
        width = stdtrit(before.dof, 0.5 + RULE.confidence / 2) * error
        width = np.where(before.n >= RULE.fewest_earlier, width, np.nan)
        bands[:, row] = before.level - width, before.level + width
    return bands


def _of_series(
    history: series.History, column: int, band: Floats, edge: float, steps: Sequence[Step]
) -> pd.DataFrame:
    """Make the rows of a case: the runs that have it."""
    rows = np.flatnonzero(history.there[:, column])
    logs = history.logs[rows, column]
    low, high = band[:, rows]
    with np.errstate(invalid="ignore"):
        slower = (logs > high) & (logs > (low + high) / 2 + edge)
        faster = (logs < low) & (logs < (low + high) / 2 - edge)
    known = np.isfinite(low) & np.isfinite(logs)
    mark = np.select(
        [~known, slower, faster],
        [series.UNKNOWN, series.SLOWER, series.FASTER],
        default=series.WITHIN,
    )
    table: pd.DataFrame = pd.DataFrame(
        {
            "key": str(history.series["key"].iloc[column]),
            "run": history.runs["run"].to_numpy()[rows],
            "taken": history.runs["taken"].iloc[rows].array,
            "seconds": np.exp(logs),
            "low": np.exp(low),
            "high": np.exp(high),
            "mark": mark,
            **_step_columns(logs, steps),
        }
    )
    return table


def _step_columns(logs: Floats, steps: Sequence[Step]) -> dict[str, Floats]:
    """Put each change point beside the run that it begins with."""
    columns = {name: np.full(len(logs), np.nan) for name in ("step", "step_low", "step_high")}
    finite = np.flatnonzero(np.isfinite(logs))
    for step in steps:
        sizes = (step.size, step.low, step.high)
        for column, value in zip(columns.values(), sizes, strict=True):
            column[finite[step.place]] = np.exp(value)
    return columns


NAMELESS = "a machine that the runs do not name"


# Which of many runs are of the same machine.


@dataclass(frozen=True)
class Machine:
    """A machine with its runs.

    Attributes
    ----------
    name : str
        Its host's and its processor's, as far as the runs tell them; no two are the same.
    runs : DataFrame
        Of ``bench.store``, the oldest first; each has a time.
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
        The table of ``bench.store``.

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
        key = tuple(facts.get(fact) for fact in series.IDENTITY)
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
        alike = any(fact in facts for fact in series.IDENTITY) == any(
            fact in other for fact in series.IDENTITY
        )
        if alike and not series.other_machine(other, facts, any_node=any_node):
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
