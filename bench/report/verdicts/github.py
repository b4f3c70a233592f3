"""Verdicts as workflow commands of GitHub Actions, which shows them beside the changes.

``::error title=…::…`` for what is slower and confirmed, ``::warning`` for what is slower and
not confirmed, or undecided, ``::notice`` for the whole. In what stands behind ``::``, ``%``,
carriage return and line feed are written ``%25``, ``%0D`` and ``%0A``; in a title ``:`` and
``,`` too, as ``%3A`` and ``%2C`` (``escapeData`` and ``escapeProperty`` of ``@actions/core``).
GitHub shows ten errors and ten warnings of a step, so the tenth stands for all that are left:
the summary of the job has them all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bench.report import numbers
from bench.report.numbers import one_line
from bench.report.verdicts import wording
from bench.report.verdicts.wording import told
from bench.stats.verdict import UNDECIDED, CaseVerdict, Judgement, Verdict

#: Of each kind, in a step.
MOST = 10
#: A title is one line beside the code.
LONG_TITLE, LONG = 200, 2000


def github(judgement: Judgement) -> str:
    """Write verdicts as workflow commands, one a line."""
    cases = told(judgement)
    slower = [one for one in cases if one.verdict is Verdict.SLOWER]
    errors = [_of_case(judgement, one) for one in slower if one.confirmed]
    warnings = [_of_case(judgement, one) for one in slower if not one.confirmed]
    warnings += _undecided(judgement, cases)
    if judgement.forced:
        warnings.insert(0, ("Forced", wording.FORCED))
    told_too = [
        *wording.long_term(judgement),
        *judgement.warnings,
        wording.rates_of(judgement.rates),
    ]
    notice = " ".join([f"{judgement.now} against {judgement.before}.", *told_too])
    lines = [
        *(_command("error", *one) for one in _few(errors)),
        *(_command("warning", *one) for one in _few(warnings)),
        _command("notice", wording.outcome(judgement), notice),
    ]
    return "".join(f"{line}\n" for line in lines)


def _of_case(judgement: Judgement, one: CaseVerdict) -> tuple[str, str]:
    return f"{wording.verdict_of(one)}: {one.name}", wording.sentence(judgement, one)


def _undecided(judgement: Judgement, cases: list[CaseVerdict]) -> Iterator[tuple[str, str]]:
    """Write what nothing can be said of: what shares a reason together."""
    by_reason: dict[tuple[Verdict, str], list[CaseVerdict]] = defaultdict(list)
    for one in cases:
        if one.verdict in UNDECIDED:
            by_reason[one.verdict, one.reason].append(one)
    for (verdict, reason), group in by_reason.items():
        if len(group) == 1:
            yield _of_case(judgement, group[0])
        else:
            names = ", ".join(one.name for one in group)
            title = f"{verdict.value}: {numbers.number(len(group), 'case')}"
            yield title, f"{reason} ({names})"


def _few(told_of: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Let the last that is shown stand for all that are not."""
    if len(told_of) <= MOST:
        return told_of
    rest = told_of[MOST - 1 :]
    titles = ", ".join(title for title, _ in rest)
    return [*told_of[: MOST - 1], (f"and {len(rest)} more", f"In the summary: {titles}")]


def _command(kind: str, title: str, message: str) -> str:
    head = one_line(title, LONG_TITLE)
    return f"::{kind} title={_property(head)}::{_data(one_line(message, LONG))}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
