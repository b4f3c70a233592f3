"""Judges a run against its history: verdicts, machine or code, steps and drift."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.analyze.tracking.judging import Judged, judge
from bench.analyze.tracking.material import material
from bench.analyze.tracking.pools import CACHE, MEMORY
from bench.analyze.tracking.rule import RULE
from bench.analyze.tracking.summing_up import sum_up

if TYPE_CHECKING:
    from bench.analyze.tracking.judging import Verdicts
    from bench.analyze.tracking.rule import Rule
    from bench.analyze.tracking.spread import Floats
    from bench.analyze.tracking.watched import Watched
    from bench.analyze.verdicts.judgement import Judgement
    from bench.analyze.verdicts.margins import Margins
    from bench.tracking.reading import Chosen


def verdicts(
    chosen: Chosen, margins: Margins, rule: Rule = RULE, fresh: Floats | None = None
) -> Verdicts:
    """Judge the cases and the machine.

    Parameters
    ----------
    chosen : Chosen
    margins : Margins
    rule : Rule
    fresh : ndarray, shape (n_times, n_series), optional
        What was measured again.

    Returns
    -------
    Verdicts
    """
    fed = material(chosen.history, chosen.comparable, margins, rule)
    run = Judged(chosen.history, chosen.changed, fed, rule, chosen.unmeasured)
    return judge(run, fresh)


def judgement(
    chosen: Chosen, found: Verdicts, margins: Margins, warnings: tuple[str, ...] = ()
) -> Judgement:
    """Put together what is said of a run.

    Parameters
    ----------
    chosen : Chosen
    found : Verdicts
    margins : Margins
    warnings : tuple of str
        To be told beside what was set aside.

    Returns
    -------
    Judgement
    """
    history = chosen.history
    fed = material(history, chosen.comparable, margins, RULE)
    unseen = _memory_unseen(fed.watched)
    told = (*chosen.aside, *_other_work(history.n_other_work), *unseen, *warnings)
    sources = (str(chosen.path), *(str(one) for one in chosen.folders))
    return replace(sum_up(history, fed, found), warnings=told, sources=sources)


def _memory_unseen(watched: Watched) -> list[str]:
    """Warn where controls there are, and none of memory."""
    parts = {pool.name for pool in watched.pools if pool.machine}
    if CACHE not in parts or MEMORY in parts:
        return []
    return [
        "No control works on more than the processor's cache holds: a slower memory is not "
        "seen."
    ]


def _other_work(n: int) -> list[str]:
    if not n:
        return []
    which = "1 earlier measurement was" if n == 1 else f"{n} earlier measurements were"
    return [f"{which} of other work under the same name, and left out."]
