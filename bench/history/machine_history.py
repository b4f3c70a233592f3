"""The whole history of a machine: bands, marks, steps, drift, and today's verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from bench.history import series
from bench.history.long_term import change_of, days_of, drift_of, sum_up, what_changed
from bench.history.pools import material
from bench.history.rule import RULE
from bench.history.series import Facts, SameFacts, history
from bench.history.verdicts import Judged, judge
from bench.stats.change_points import Slope, Step, drift, steps
from bench.stats.medians import VARIANCE_OF_LEVEL, Floats, earlier
from bench.stats.verdict import Change, Drift, Judgement, Margins
from bench.store.facts import facts_of

# The band in which each run was to be expected, by the earlier ones with the same facts.


OF_BAND = ["low", "high", "mark"]


def banded(history: series.History, kinds: NDArray[np.intp], margins: Margins) -> pd.DataFrame:
    """Make the table of a history, in which other facts make other bands.

    Parameters
    ----------
    kinds : ndarray of int, shape (n_runs, n_series)
        Of a series, runs with the same number can be compared.

    Returns
    -------
    DataFrame
        As `history_table`. Steps are looked for through all runs: that the facts changed is
        what they show.
    """
    table = history_table(history, margins)
    if not np.any(kinds != kinds[-1]):
        return table
    table = table.assign(low=np.nan, high=np.nan, mark=series.UNKNOWN).set_index(["key", "run"])
    for part in _parts(history, kinds):
        bands = history_table(part, margins).set_index(["key", "run"])
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


def series_changes(
    history: series.History, table: pd.DataFrame, margins: Margins
) -> tuple[tuple[Change, ...], tuple[Drift, ...]]:
    """Tell the steps of single cases from drift.

    Parameters
    ----------
    table : DataFrame
        From ``bench.history.series.history_table``, with the steps.

    Returns
    -------
    changes : tuple of Change
        The newest first; none of a case that drifts.
    """
    steps_of = _steps(history, table)
    days = days_of(history.runs)
    texts: dict[tuple[bytes, int], tuple[str, ...]] = {}
    changes, drifts = [], []
    for column, key in enumerate(history.series["key"].astype(str)):
        rows = np.flatnonzero(np.isfinite(history.logs[:, column]))
        steps = steps_of.get(key, [])
        margin = float(np.log1p(margins.of(key)))
        slope = _slope(history.logs[rows, column], days[rows], steps, margin)
        if slope is not None:
            drifts.append(drift_of(key, history.runs, rows, slope))
            continue
        for step in steps:
            at = (rows.tobytes(), step.place)
            if at not in texts:
                texts[at] = what_changed(history.runs.iloc[rows], step.place)
            changes.append(change_of(key, history.runs, rows, step, texts[at]))
    changes.sort(key=lambda one: one.first_after, reverse=True)
    return tuple(changes), tuple(drifts)


def _steps(history: series.History, table: pd.DataFrame) -> dict[str, list[Step]]:
    """Read the steps of each series from the table, by its place among the runs that tell."""
    place = {run: n for n, run in enumerate(history.runs["run"])}
    column = {key: n for n, key in enumerate(history.series["key"])}
    before = np.cumsum(np.isfinite(history.logs), axis=0) - 1
    steps: dict[str, list[Step]] = {}
    columns = ["key", "run", "step", "step_low", "step_high"]
    for key, run, *sizes in table.loc[table["step"].notna(), columns].itertuples(index=False):
        at = int(before[place[run], column[key]])
        steps.setdefault(str(key), []).append(Step(at, *(float(np.log(x)) for x in sizes)))
    return steps


def _slope(logs: Floats, days: Floats, steps: list[Step], margin: float) -> Slope | None:
    """Say whether a series drifts, by its blocks where it is long."""
    size = -(-len(logs) // RULE.most_blocks)
    if size <= 1:
        return drift(logs, days, steps, margin)
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
    table = banded(made, facts.kinds, margins)
    changes, drifts = series_changes(made, table, margins)
    judged = _as_tracked(cases, made, facts)
    judgement = _judgement(*judged, margins, unmeasured or {})
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


def _judgement(
    newest: series.History, facts: SameFacts, margins: Margins, unmeasured: Mapping[str, str]
) -> Judgement:
    """Judge the newest run by the rule of ``track``; nothing is measured again here."""
    rule_input = material(newest, facts.kinds == facts.kinds[-1], margins, RULE)
    verdicts = judge(Judged(newest, facts.changed, rule_input, RULE, unmeasured))
    return sum_up(newest, rule_input, verdicts)


#: The columns, after ``key`` and ``run``.
TABLE_COLUMNS = ("taken", "seconds", "low", "high", "mark", "step", "step_low", "step_high")


# A history as a tidy table, for a page that shows every series over time.


def history_table(history: series.History, margins: Margins) -> pd.DataFrame:
    """Make a row of each case and run of a machine.

    Parameters
    ----------
    history : History
        See ``bench.history.reading.choose``; of any tables of ``bench.store`` that hold the
        runs of one machine, ``bench.history.series.history`` makes it.

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
    logs = history.logs
    low, high = _bands(logs)
    edges = np.log1p([margins.of(str(key)) for key in history.series["key"]])
    tables = [
        _of_series(history, column, low[:, column], high[:, column], float(edges[column]))
        for column in range(logs.shape[1])
    ]
    if not tables:
        nothing: pd.DataFrame = pd.DataFrame(columns=["key", "run", *TABLE_COLUMNS])
        return nothing
    return pd.concat(tables, ignore_index=True)


def _bands(logs: Floats) -> tuple[Floats, Floats]:
    """Return between which logarithms each run was to be expected; NaN where unknown."""
    low, high = np.full(logs.shape, np.nan), np.full(logs.shape, np.nan)
    for row in range(RULE.fewest_earlier, len(logs)):
        before = earlier(logs[max(row - RULE.most_earlier, 0) : row], RULE.min_std)
        error = before.std * np.sqrt(1 + VARIANCE_OF_LEVEL / np.maximum(before.n, 1))
        width = stdtrit(before.dof, 0.5 + RULE.confidence / 2) * error
        width = np.where(before.n >= RULE.fewest_earlier, width, np.nan)
        low[row], high[row] = before.level - width, before.level + width
    return low, high


def _of_series(
    history: series.History, column: int, low: Floats, high: Floats, edge: float
) -> pd.DataFrame:
    """Make the rows of a case: the runs that have it."""
    rows = np.flatnonzero(history.there[:, column])
    logs = history.logs[rows, column]
    low, high = low[rows], high[rows]
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
            **_series_steps(logs, edge),
        }
    )
    return table


def _series_steps(logs: Floats, edge: float) -> dict[str, Floats]:
    """Put each change point beside the run that it begins with."""
    columns = {name: np.full(len(logs), np.nan) for name in ("step", "step_low", "step_high")}
    finite = np.flatnonzero(np.isfinite(logs))
    for step in steps(logs[finite], edge):
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
