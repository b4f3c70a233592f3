"""A run against one that was pinned, widened by how far runs of the machine lie apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from bench.analyze.tracking.material import material
from bench.analyze.tracking.reasons import runs
from bench.analyze.tracking.rule import RULE
from bench.analyze.tracking.spread import Earlier, earlier
from bench.analyze.verdicts.percent import percent
from bench.analyze.verdicts.verdict import Verdict
from bench.judging.compare import compare
from bench.judging.stored_run import stored_run

if TYPE_CHECKING:
    from pathlib import Path

    from bench.analyze.verdicts.judgement import Judgement
    from bench.analyze.verdicts.margins import Margins
    from bench.analyze.verdicts.verdict import CaseVerdict
    from bench.tracking.reading import Chosen

DECIDED = (Verdict.SLOWER, Verdict.FASTER, Verdict.SAME, Verdict.UNCLEAR)


def against_baseline(chosen: Chosen, baseline: Path, margins: Margins) -> Judgement:
    """Judge a run against one.

    Parameters
    ----------
    chosen : Chosen
        The run, with the history that says how far runs lie apart.
    baseline : Path
    margins : Margins

    Returns
    -------
    Judgement
        As ``bench.judging.compare`` says, but no interval is narrower than that of two runs
        which differ as the earlier ones do.

    Raises
    ------
    StoreError
        When the baseline can't be read.
    """
    told = compare(stored_run(baseline), stored_run(chosen.path), margins)
    fed = material(chosen.history, chosen.comparable, margins, RULE)
    spread = earlier(fed.logs[:-1], RULE.least_spread)
    places = {str(key): n for n, key in enumerate(chosen.history.series["key"])}
    cases = tuple(
        _widened(one, spread, places[one.name]) if one.name in places else one
        for one in told.cases
    )
    return replace(
        told, kind="track", cases=cases, warnings=(*told.warnings, *_few(spread, len(fed.logs)))
    )


def _few(spread: Earlier, n_runs: int) -> tuple[str, ...]:
    if np.any(spread.n >= RULE.fewest_earlier):
        return ()
    return (
        f"There {'is' if n_runs == 2 else 'are'} only {runs(n_runs - 1)} before this one, too "
        f"few to say how far runs lie apart: the intervals are of processes alone, and too "
        f"narrow between runs.",
    )


def _widened(one: CaseVerdict, spread: Earlier, place: int) -> CaseVerdict:
    """Widen an interval, and take back what no longer holds."""
    if one.verdict not in DECIDED or one.ratio is None or spread.n[place] < RULE.fewest_earlier:
        return one
    t = stdtrit(spread.freedom[place], 0.5 + RULE.confidence / 2)
    width = float(t * spread.spread[place] * np.sqrt(2))
    change = float(np.log(one.ratio))
    ends = (change - width, change + width)
    low = min(ends[0], np.log(one.low) if one.low else ends[0])
    high = max(ends[1], np.log(one.high) if one.high else ends[1])
    edge = float(np.log1p(one.margin))
    kept = {
        Verdict.SLOWER: low > edge,
        Verdict.FASTER: high < -edge,
        Verdict.SAME: -edge <= low and high <= edge,
        Verdict.UNCLEAR: True,
    }[one.verdict]
    widened = replace(one, low=float(np.exp(low)), high=float(np.exp(high)))
    if kept:
        return widened
    why = (
        f"By their processes the two runs are {one.verdict.value}; but runs lie "
        f"{percent(float(spread.spread[place]))} apart (standard deviation, of "
        f"{runs(int(spread.n[place]))})."
    )
    return replace(widened, verdict=Verdict.UNCLEAR, reason=why, confirmed=False)
