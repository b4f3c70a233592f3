"""The history of every machine that runs are of, judged, with how often the rule is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.analyze.comparing.facts import known
from bench.analyze.histories.machines import machines
from bench.analyze.histories.whole import whole_history
from bench.judging.rates_file import Machine, with_rates
from bench.judging.stored_run import stored_run
from bench.report.page.history_answer import MOST_MACHINES

if TYPE_CHECKING:
    import pandas as pd

    from bench.analyze.histories.whole import WholeHistory
    from bench.analyze.verdicts.margins import Margins
    from bench.loading.loaded import Loaded


@dataclass(frozen=True)
class Histories:
    """What runs say over time.

    Attributes
    ----------
    found : tuple of WholeHistory
        A machine each, the one that was measured last first.
    any_node : bool
        As in ``bench.analyze.histories.machines.Machines``.
    """

    found: tuple[WholeHistory, ...]
    any_node: bool


def histories(loaded: Loaded, margins: Margins) -> Histories:
    """Judge the newest run of each machine, and find what changed over time.

    Parameters
    ----------
    loaded : Loaded
    margins : Margins

    Returns
    -------
    Histories

    Raises
    ------
    StoreError
        When the file of a newest run is gone meanwhile.
    """
    split = machines(loaded.runs)
    made = []
    for place, machine in enumerate(split.found):
        newest = machine.runs.iloc[-1]
        # Of the others no verdict is shown.
        unmeasured = stored_run(Path(str(newest["path"]))).unmeasured if _shown(place) else {}
        one = whole_history(loaded.cases, machine, margins, unmeasured)
        made.append(_rated(one, newest) if _shown(place) else one)
    return Histories(tuple(made), split.any_node)


def _shown(place: int) -> bool:
    return place < MOST_MACHINES


def _rated(one: WholeHistory, newest: pd.Series) -> WholeHistory:
    names = [
        str(newest[name]) if known(newest[name]) else None
        for name in ("fingerprint_id", "node")
    ]
    return replace(one, judgement=with_rates(one.judgement, Machine(*names)))
