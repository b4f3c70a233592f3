"""The whole history of a machine: bands, marks, steps, drift, and today's verdicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bench.history.long_term import change_of, days_of, drift_of, sum_up, what_changed
from bench.history.material import material
from bench.history.rule import RULE
from bench.history.same_machine import same_facts
from bench.history.series import UNKNOWN, History, history, history_table
from bench.history.verdicts import Judged, judge
from bench.stats.change_points import Step, drift

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from bench.compare.verdict import Change, Drift, Judgement, Margins
    from bench.history.same_machine import Machine, SameFacts
    from bench.stats.change_points import Slope
    from bench.stats.location import Floats

# The band in which each run was to be expected, by the earlier ones with the same facts.


OF_BAND = ["low", "high", "mark"]


def banded(history: History, kinds: NDArray[np.intp], margins: Margins) -> pd.DataFrame:
    """Make the table of a history, in which other facts make other bands.

    Parameters
    ----------
    history : History
    kinds : ndarray of int, shape (n_runs, n_series)
        Of a series, runs with the same number can be compared.
    margins : Margins

    Returns
    -------
    DataFrame
        As `history_table`. Steps are looked for through all runs: that the facts changed is
        what they show.
    """
    table = history_table(history, margins)
    if not np.any(kinds != kinds[-1]):
        return table
    table = table.assign(low=np.nan, high=np.nan, mark=UNKNOWN).set_index(["key", "run"])
    for part in _parts(history, kinds):
        bands = history_table(part, margins).set_index(["key", "run"])
        table.loc[bands.index, OF_BAND] = bands[OF_BAND]
    whole: pd.DataFrame = table.reset_index()
    return whole


def _parts(history: History, kinds: NDArray[np.intp]) -> Iterator[History]:
    """Yield the runs and series that can be compared, where they are enough for a band."""
    columns, of_column = np.unique(kinds, axis=1, return_inverse=True)
    for number, column in enumerate(columns.T):
        members = np.flatnonzero(of_column.ravel() == number)
        for kind in np.unique(column):
            rows = np.flatnonzero(column == kind)
            if len(rows) > RULE.fewest_earlier:
                yield part(history, rows, members)


def part(history: History, rows: NDArray[np.intp], members: NDArray[np.intp]) -> History:
    """Return some runs and series of a history.

    Parameters
    ----------
    history : History
    rows, members : ndarray of int
        Places of the runs and of the series.

    Returns
    -------
    History
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
    history: History, table: pd.DataFrame, margins: Margins
) -> tuple[tuple[Change, ...], tuple[Drift, ...]]:
    """Tell the steps of single cases from drift.

    Parameters
    ----------
    history : History
    table : DataFrame
        From ``bench.history.series.history_table``, with the steps.
    margins : Margins

    Returns
    -------
    changes : tuple of Change
        The newest first; none of a case that drifts.
    drifts : tuple of Drift
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


def _steps(history: History, table: pd.DataFrame) -> dict[str, list[Step]]:
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
    machine : Machine
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
        row: pd.Series = self.machine.runs.iloc[-1]
        return row


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
        Columns of ``bench.loading``; of any runs.
    machine : Machine
    margins : Margins
    unmeasured : mapping of str to str, optional
        Why the newest run skipped a case, or failed at it.

    Returns
    -------
    WholeHistory
    """
    runs = machine.runs
    # The newest is judged whatever it is, as by track.
    kept = (runs["status"].astype(str) != "interrupted").to_numpy(dtype=bool, copy=True)
    kept[-1] = True
    sound = runs[kept].reset_index(drop=True)
    made = history(cases[cases["run"].isin(set(sound["run"]))], sound)
    facts = same_facts(made)
    table = banded(made, facts.kinds, margins)
    changes, drifts = series_changes(made, table, margins)
    judged = _as_tracked(cases, made, facts)
    judgement = _judgement(*judged, margins, unmeasured or {})
    n_left_out = (int(np.sum(~kept)), made.n_other_work)
    return WholeHistory(machine, table, judgement, changes, drifts, *n_left_out)


def _as_tracked(
    cases: pd.DataFrame, whole: History, facts: SameFacts
) -> tuple[History, SameFacts]:
    """Leave out older runs: neither what they say nor what they lack is part of a verdict."""
    if len(whole.runs) <= RULE.most_runs + 1:
        return whole, facts
    runs = whole.runs.tail(RULE.most_runs + 1).reset_index(drop=True)
    newest = history(cases[cases["run"].isin(set(runs["run"]))], runs)
    return newest, same_facts(newest)


def _judgement(
    newest: History, facts: SameFacts, margins: Margins, unmeasured: Mapping[str, str]
) -> Judgement:
    """Judge the newest run by the rule of ``track``; nothing is measured again here."""
    rule_input = material(newest, facts.kinds == facts.kinds[-1], margins, RULE)
    verdicts = judge(Judged(newest, facts.changed, rule_input, RULE, unmeasured))
    return sum_up(newest, rule_input, verdicts)
