"""All that the runs of a machine say: bands, marks, steps, drift, and today's verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.histories.bands import banded
from bench.analyze.histories.series_changes import series_changes
from bench.analyze.tracking.history import history
from bench.analyze.tracking.judging import Judged, judge
from bench.analyze.tracking.material import material
from bench.analyze.tracking.rule import RULE
from bench.analyze.tracking.same_facts import same_facts
from bench.analyze.tracking.summing_up import sum_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from bench.analyze.histories.machines import Machine
    from bench.analyze.tracking.history import History
    from bench.analyze.tracking.same_facts import SameFacts
    from bench.analyze.verdicts.judgement import Judgement
    from bench.analyze.verdicts.long_term import Change, Drift
    from bench.analyze.verdicts.margins import Margins


@dataclass(frozen=True)
class WholeHistory:
    """What the runs of a machine say.

    Attributes
    ----------
    machine : Machine
    table : DataFrame
        A row for each case and run, as ``bench.analyze.tracking.table.history_table`` makes
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
    fed = material(newest, facts.kinds == facts.kinds[-1], margins, RULE)
    found = judge(Judged(newest, facts.changed, fed, RULE, unmeasured))
    return sum_up(newest, fed, found)
