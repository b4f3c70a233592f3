"""Verdicts in the forms that people and CI systems read: JSON, GitHub, JUnit, Markdown.

Verdicts as JSON: all that is known, numbers unrounded.

===============  ==========================================================================
field            what
===============  ==========================================================================
``format``       of this document: 1. Fields may be added to it; what one means, may not change
``kind``         ``ab``, ``compare`` or ``track``
``outcome``      ``none slower``, ``slower``, ``unclear`` or ``nothing comparable``
``exit_code``    what the command exits with, unless it was interrupted: 130
``before``,      what is compared with what, for a person
``now``
``conditions``   under which they hold, for a person; empty where the run files tell
``forced``       what can't be compared was compared all the same
``counts``       cases by verdict
``cases``        every case: ``name``, ``verdict``, ``reason``, ``ratio`` (seconds now over
                 seconds before, or null) with ``low`` and ``high`` at 95%, ``margin`` (a
                 share), ``n_before`` and ``n_now`` (processes, of ``track`` runs),
                 ``confirmed``, ``cause``, ``fact`` (what differs, of one not comparable)
``machine``      the same for what the controls measure of the machine
``added``        names of cases that only ``now`` has
``warnings``     a sentence each
``rates``        how often the rule is wrong on this machine, or null: ``rule``,
                 ``measured``, ``path``, and shares as ``count``, ``of``, ``value``, ``low``,
                 ``high``: ``false_slower``, ``same``, and ``found``, a list with the
                 ``slowdown`` of each
``sources``      files that the numbers come from
``changes``,     steps and slow drift over the whole history, of ``track``: the fields of
``drifts``       ``bench.history.long_term``, times as ISO 8601
===============  ==========================================================================
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from bench.report import numbers
from bench.report.markdown.elements import (
    LONG,
    Part,
    bullets,
    code,
    fitted,
    folded,
    paragraph,
    table,
    text,
    warned,
)
from bench.report.numbers import one_line
from bench.report.verdicts import wording
from bench.report.verdicts.wording import ordered, told
from bench.stats.verdict import (
    UNDECIDED,
    CaseVerdict,
    Judgement,
    Rates,
    Share,
    Verdict,
)

# As JSON.


FORMAT = 1


def document(judgement: Judgement) -> dict[str, Any]:
    """Return a judgement as a JSON-ready document."""
    plain: dict[str, Any] = numbers.in_json(
        {
            "format": FORMAT,
            "kind": judgement.kind,
            "outcome": wording.OUTCOMES[judgement.outcome].in_json,
            "exit_code": int(judgement.outcome),
            "before": judgement.before,
            "now": judgement.now,
            "forced": judgement.forced,
            "counts": {verdict.value: judgement.count(verdict) for verdict in Verdict},
            **vars(judgement),
            "rates": judgement.rates and _rates(judgement.rates),
        }
    )
    return plain


def as_json(judgement: Judgement) -> str:
    """Write a judgement as JSON, indented."""
    return json.dumps(document(judgement), indent=2, allow_nan=False) + "\n"


def _rates(rates: Rates) -> dict[str, Any]:
    return {
        "rule": rates.rule,
        "measured": rates.measured,
        "path": rates.path,
        "false_slower": _share(rates.false_slower),
        "same": _share(rates.same),
        "found": [{"slowdown": slowdown, **_share(share)} for slowdown, share in rates.found],
    }


def _share(share: Share) -> dict[str, Any]:
    low, high = share.interval
    counted = {"count": share.count, "of": share.of, "value": share.value}
    return {**counted, "low": low, "high": high}


# Verdicts as workflow commands of GitHub Actions, which shows them beside the changes.
#
# ``::error title=…::…`` for what is slower and confirmed, ``::warning`` for what is slower and
# not confirmed, or undecided, ``::notice`` for the whole. In what stands behind ``::``, which
# is one line, ``%`` is written ``%25``; in a title ``:`` and ``,`` too, as ``%3A`` and ``%2C``
# (``escapeData``, ``escapeProperty`` of ``@actions/core``).
# GitHub shows ten errors and ten warnings of a step, so the tenth stands for all that are left:
# the summary of the job has them all.


#: Of each kind, in a step.
MOST = 10
#: A title is one line beside the code.
LONG_TITLE, LONG_MESSAGE = 200, 2000


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
    undecided = (one for one in cases if one.verdict in UNDECIDED)
    for (verdict, reason), group in wording.by_reason(undecided).items():
        if len(group) == 1:
            yield _of_case(judgement, group[0])
        else:
            title = f"{verdict.value}: {numbers.number(len(group), 'case')}"
            yield title, f"{reason} ({', '.join(one.name for one in group)})"


def _few(told_of: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Let the last that is shown stand for all that are not."""
    if len(told_of) <= MOST:
        return told_of
    rest = told_of[MOST - 1 :]
    titles = ", ".join(title for title, _ in rest)
    return [*told_of[: MOST - 1], (f"and {len(rest)} more", f"In the summary: {titles}")]


def _command(kind: str, title: str, message: str) -> str:
    head = one_line(title, LONG_TITLE).replace("%", "%25")
    head = head.replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={head}::{one_line(message, LONG_MESSAGE).replace('%', '%25')}"


# Verdicts as JUnit's XML: what makes the exit code other than 0 is red, and nothing else.
#
# ==============================  ===========================================================
# ``failure``                     slower, confirmed or not
# ``error``                       unclear, untrusted, not comparable; and no case at all
# ``skipped``                     a case that is new, so there is nothing to compare it with
# passed                          same, faster
# ==============================  ===========================================================
#
# CI systems fold skipped cases away, so what nothing can be said of would pass silently as one.
# JUnit never had a schema of its own: elements stand in the order, and have the attributes,
# that Ant's task writes, which is the strictest that readers ask for.


#: All but what XML 1.0 can hold (section 2.2).
_NO_CHARACTERS = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NEW = "It is new, so there is nothing to compare it with."
#: Texts are cut beyond so many characters.
LONG_TEXT = 4000
#: Schemas want the seconds that a test took, which say nothing here.
NO_TIME = "0"


def junit(judgement: Judgement, written: datetime, host: str) -> str:
    """Write verdicts as JUnit's XML.

    Parameters
    ----------
    written : datetime
        When, UTC.
    host : str
        The name of the machine that writes.
    """
    cases = told(judgement)
    suite = ET.Element("testsuite")
    _properties(suite, judgement)
    for one in cases:
        _case(suite, judgement, one)
    for name in judgement.added:
        skipped = _testcase(suite, judgement, name)
        ET.SubElement(skipped, "skipped", message=NEW)
    if not cases:  # a suite without tests passes everywhere
        whole = _testcase(suite, judgement, "the whole comparison")
        said = _in_xml(wording.outcome(judgement))
        ET.SubElement(whole, "error", message=said, type="nothing comparable").text = said
    for kind, lines in (("system-out", _said(judgement)), ("system-err", judgement.warnings)):
        ET.SubElement(suite, kind).text = "\n".join(map(_in_xml, lines))
    suite.attrib.update(
        name=f"bench.{judgement.kind}",
        package="bench",
        id="0",
        timestamp=written.strftime("%Y-%m-%dT%H:%M:%S"),
        hostname=_in_xml(host) or "unknown",
        time=NO_TIME,
        tests=str(len(suite.findall("testcase"))),
        failures=str(len(suite.findall("testcase/failure"))),
        errors=str(len(suite.findall("testcase/error"))),
        skipped=str(len(suite.findall("testcase/skipped"))),
    )
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    xml: str = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{xml}\n'


def _case(suite: ET.Element, judgement: Judgement, one: CaseVerdict) -> None:
    case = _testcase(suite, judgement, one.name)
    said = _in_xml(wording.sentence(judgement, one))
    if one.verdict is Verdict.SLOWER:
        ET.SubElement(case, "failure", message=said, type=wording.verdict_of(one)).text = said
    elif one.verdict in UNDECIDED:
        ET.SubElement(case, "error", message=said, type=one.verdict.value).text = said


def _testcase(suite: ET.Element, judgement: Judgement, name: str) -> ET.Element:
    where = f"bench.{judgement.kind}"
    return ET.SubElement(suite, "testcase", classname=where, name=_in_xml(name), time=NO_TIME)


def _properties(suite: ET.Element, judgement: Judgement) -> None:
    told_of = {
        "before": judgement.before,
        "now": judgement.now,
        "conditions": judgement.conditions,
        "outcome": wording.OUTCOMES[judgement.outcome].in_json,
        "forced": "yes" if judgement.forced else "no",
        "rates": wording.rates_of(judgement.rates),
        **{f"source.{number}": one for number, one in enumerate(judgement.sources)},
    }
    properties = ET.SubElement(suite, "properties")
    for name, value in told_of.items():
        ET.SubElement(properties, "property", name=name, value=_in_xml(value))


def _said(judgement: Judgement) -> list[str]:
    """Return a line for the whole, and one for every case: passed ones too have a ratio."""
    lines = [wording.FORCED] if judgement.forced else []
    lines += [wording.outcome(judgement), wording.rates_of(judgement.rates)]
    of_cases = (f"{one.name}: {wording.sentence(judgement, one)}" for one in told(judgement))
    return [*lines, *wording.long_term(judgement), *of_cases]


def _in_xml(value: str) -> str:
    """Return a text on one line, without what XML can't hold."""
    return _NO_CHARACTERS.sub("\ufffd", one_line(value, LONG_TEXT))


# Verdicts as Markdown for GitHub: a comment, or the summary of a job.


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
    if judgement.conditions:
        parts.append(paragraph(f"Conditions: {text(judgement.conditions, LONG)}."))
    parts += warned([*([wording.FORCED] if judgement.forced else []), *judgement.warnings])
    parts.append(paragraph(text(wording.rates_of(judgement.rates), LONG)))
    if judgement.machine:
        parts.append(_table(judgement, ordered(judgement.machine), "The machine's controls"))
    for verdict, cases in wording.by_verdict(judgement.cases):
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
    title = wording.heading(verdict, cases)
    parts = [_table(judgement, measured, "" if verdict in QUIET else title)] if measured else []
    unmeasured = wording.by_reason(one for one in cases if one.ratio is None)
    for (_, reason), group in unmeasured.items():
        listed = bullets((code(one.name) for one in group), "Cases", "case")
        count = numbers.number(len(group), "case")
        head = text(f"{verdict.value.capitalize()}, {count}: {reason}", LONG)
        parts += [paragraph(f"**{head}**"), *folded("Which", listed)]
    yield from folded(title, *parts) if verdict in QUIET else parts


def _table(judgement: Judgement, cases: Sequence[CaseVerdict], title: str) -> Part:
    counted = f"{wording.unit(judgement)} before / now"
    columns = ("verdict", "ratio (95%)", "margin", counted, "cause")
    rows = [
        {
            "case": code(one.name),
            **dict(zip(columns, map(text, wording.cells_of(one)), strict=True)),
            "why": text(one.reason, LONG),
        }
        for one in cases
    ]
    return table(rows, ("ratio (95%)", "margin"), title)
