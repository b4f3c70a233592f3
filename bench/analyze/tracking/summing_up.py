"""Puts together what is said of the newest run of a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.analyze.tracking.long_term import long_term
from bench.analyze.verdicts.judgement import Judgement

if TYPE_CHECKING:
    from bench.analyze.tracking.history import History
    from bench.analyze.tracking.judging import Verdicts
    from bench.analyze.tracking.material import Material


def sum_up(history: History, fed: Material, found: Verdicts) -> Judgement:
    """Add steps and drift to verdicts.

    Parameters
    ----------
    history : History
    fed : Material
        Made of it.
    found : Verdicts

    Returns
    -------
    Judgement
        Without warnings and sources.
    """
    changes, drifts = long_term(history, fed.watched)
    n_earlier = len(fed.rows) - 1
    return Judgement(
        kind="track",
        before=f"{n_earlier} earlier run{'' if n_earlier == 1 else 's'}",
        now=str(history.runs["run"].iloc[-1]),
        cases=found.cases,
        added=found.added,
        machine=found.machine,
        changes=changes,
        drifts=drifts,
    )
