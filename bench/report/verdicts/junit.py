"""Verdicts as JUnit's XML: what makes the exit code other than 0 is red, and nothing else.

==============================  ===========================================================
``failure``                     slower, confirmed or not
``error``                       unclear, untrusted, not comparable; and no case at all
``skipped``                     a case that is new, so there is nothing to compare it with
passed                          same, faster
==============================  ===========================================================

CI systems fold skipped cases away, so what nothing can be said of would pass silently as one.
JUnit never had a schema of its own: elements stand in the order, and have the attributes, that
Ant's task writes, which is the strictest that readers ask for.
"""

from __future__ import annotations

import re
from datetime import datetime
from xml.etree import ElementTree as ET

from bench.report.numbers import one_line
from bench.report.verdicts import wording
from bench.report.verdicts.wording import told
from bench.stats.verdict import UNDECIDED, CaseVerdict, Judgement, Outcome, Verdict

#: All but what XML 1.0 can hold (section 2.2).
_NO_CHARACTERS = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NEW = "It is new, so there is nothing to compare it with."
#: Texts are cut beyond so many characters.
LONG = 4000
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
        said = _text(wording.outcome(judgement))
        ET.SubElement(whole, "error", message=said, type="nothing comparable").text = said
    for kind, lines in (("system-out", _said(judgement)), ("system-err", judgement.warnings)):
        ET.SubElement(suite, kind).text = "\n".join(map(_text, lines))
    suite.attrib.update(
        name=f"bench.{judgement.kind}",
        package="bench",
        id="0",
        timestamp=written.strftime("%Y-%m-%dT%H:%M:%S"),
        hostname=_text(host) or "unknown",
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
    said = _text(wording.sentence(judgement, one))
    if one.verdict is Verdict.SLOWER:
        ET.SubElement(case, "failure", message=said, type=wording.verdict_of(one)).text = said
    elif one.verdict in UNDECIDED:
        ET.SubElement(case, "error", message=said, type=one.verdict.value).text = said


def _testcase(suite: ET.Element, judgement: Judgement, name: str) -> ET.Element:
    where = f"bench.{judgement.kind}"
    return ET.SubElement(suite, "testcase", classname=where, name=_text(name), time=NO_TIME)


OUTCOMES = {
    Outcome.NONE_SLOWER: "no case is slower",
    Outcome.SLOWER: "slower, confirmed",
    Outcome.UNCLEAR: "unclear",
    Outcome.NOTHING: "nothing comparable",
}


def _properties(suite: ET.Element, judgement: Judgement) -> None:
    told_of = {
        "before": judgement.before,
        "now": judgement.now,
        "outcome": OUTCOMES[judgement.outcome],
        "forced": "yes" if judgement.forced else "no",
        "rates": wording.rates_of(judgement.rates),
        **{f"source.{number}": one for number, one in enumerate(judgement.sources)},
    }
    properties = ET.SubElement(suite, "properties")
    for name, value in told_of.items():
        ET.SubElement(properties, "property", name=name, value=_text(value))


def _said(judgement: Judgement) -> list[str]:
    """Return a line for the whole, and one for every case: passed ones too have a ratio."""
    lines = [wording.FORCED] if judgement.forced else []
    lines += [wording.outcome(judgement), wording.rates_of(judgement.rates)]
    of_cases = (f"{one.name}: {wording.sentence(judgement, one)}" for one in told(judgement))
    return [*lines, *wording.long_term(judgement), *of_cases]


def _text(value: str) -> str:
    """Return a text on one line, without what XML can't hold."""
    return _NO_CHARACTERS.sub("\ufffd", one_line(value, LONG))
