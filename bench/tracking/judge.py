"""Judges a run against its history: verdicts, machine or code, steps and drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.analyze.tracking.judging import Judged, judge
from bench.analyze.tracking.long_term import long_term
from bench.analyze.tracking.material import material
from bench.analyze.tracking.rule import RULE
from bench.analyze.verdicts.judgement import Judgement

if TYPE_CHECKING:
    from bench.analyze.tracking.judging import Verdicts
    from bench.analyze.tracking.rule import Rule
    from bench.analyze.tracking.spread import Floats
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
    fresh : ndarray, shape (n_series,), optional
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
    changes, drifts = long_term(history, fed.watched)
    told = [*chosen.aside, *_other_work(history.n_other_work), *warnings]
    n_earlier = len(fed.rows) - 1
    return Judgement(
        kind="track",
        before=f"{n_earlier} earlier run{'' if n_earlier == 1 else 's'}",
        now=str(history.runs["run"].iloc[-1]),
        cases=found.cases,
        added=found.added,
        machine=found.machine,
        warnings=tuple(told),
        sources=(str(chosen.path), *(str(one) for one in chosen.folders)),
        changes=changes,
        drifts=drifts,
    )


def _other_work(n: int) -> list[str]:
    if not n:
        return []
    which = "1 earlier measurement was" if n == 1 else f"{n} earlier measurements were"
    return [f"{which} of other work under the same name, and left out."]
