"""Verdicts as Markdown for GitHub: a comment, or the summary of a job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from bench.report import numbers
from bench.report.markdown.elements import (
    Part,
    bullets,
    code,
    fitted,
    folded,
    paragraph,
    table,
    text,
)
from bench.report.verdicts import wording
from bench.report.verdicts.wording import ORDER, ordered
from bench.stats.verdict import CaseVerdict, Judgement, Verdict

#: Sentences are shown up to so many characters.
LONG = 1000
#: Folded away: nothing has to be done about them.
QUIET = (Verdict.FASTER, Verdict.SAME)
WHERE = "--format json has them all"


def markdown(judgement: Judgement) -> str:
    """Write verdicts as Markdown.

    Returns
    -------
    str
        Every case, as far as GitHub takes as much; what is slower or undecided first.
    """
    parts = [
        paragraph(f"### {text(wording.outcome(judgement), LONG)}"),
        paragraph(f"Before: {code(judgement.before)}. Now: {code(judgement.now)}."),
    ]
    warnings = [*([wording.FORCED] if judgement.forced else []), *judgement.warnings]
    if warnings:
        parts.append(paragraph("> [!WARNING]", *(f"> - {text(one, LONG)}" for one in warnings)))
    parts.append(paragraph(text(wording.rates_of(judgement.rates), LONG)))
    if judgement.machine:
        parts.append(_table(judgement, ordered(judgement.machine), "The machine's controls"))
    for verdict in ORDER:
        cases = ordered(one for one in judgement.cases if one.verdict is verdict)
        if cases:
            parts += _section(judgement, verdict, cases)
    history = [text(one, LONG) for one in wording.long_term(judgement)]
    if history:
        parts.append(bullets(history, "Over the whole history", "change"))
    if judgement.added:
        parts += folded(
            f"New, so not compared: {numbers.number(len(judgement.added), 'case')}",
            bullets((code(one) for one in judgement.added), "New", "case"),
        )
    if judgement.sources:
        parts.append(paragraph(f"From {', '.join(code(one) for one in judgement.sources)}."))
    return fitted(parts, WHERE)


def _section(
    judgement: Judgement, verdict: Verdict, cases: Sequence[CaseVerdict]
) -> Iterator[Part]:
    """Write the cases of one verdict: those with a ratio as a table, the others by reason."""
    measured = [one for one in cases if one.ratio is not None]
    title = f"{verdict.value.capitalize()}: {numbers.number(len(cases), 'case')}"
    parts = [_table(judgement, measured, "" if verdict in QUIET else title)] if measured else []
    by_reason: dict[str, list[str]] = defaultdict(list)
    for one in cases:
        if one.ratio is None:
            by_reason[one.reason].append(one.name)
    for reason, names in by_reason.items():
        listed = bullets((code(name) for name in names), "Cases", "case")
        count = numbers.number(len(names), "case")
        head = text(f"{verdict.value.capitalize()}, {count}: {reason}", LONG)
        parts += [paragraph(f"**{head}**"), *folded("Which", listed)]
    yield from folded(title, *parts) if verdict in QUIET else parts


def _table(judgement: Judgement, cases: Sequence[CaseVerdict], title: str) -> Part:
    counted = f"{wording.unit(judgement)} before / now"
    columns = ("case", "verdict", "ratio (95%)", "margin", counted)
    rows = (
        (
            code(one.name),
            wording.verdict_of(one),
            wording.ratio_of(one),
            wording.percent(one.margin),
            wording.n_of(one),
            text(one.cause) or "–",
            text(one.reason, LONG),
        )
        for one in cases
    )
    return table((*columns, "cause", "why"), rows, (2, 3), title)
