from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from junitparser import JUnitXml, TestSuite

from bench.report.verdicts.formats import junit
from bench.stats.verdict import Outcome
from tests.report.verdicts.made_up_judgement import (
    EVERY,
    FASTER,
    MISSING,
    PERHAPS,
    SAME,
    SLOWER,
    UNCLEAR,
    UNTRUSTED,
    everything,
    judgement,
)

if TYPE_CHECKING:
    from bench.stats.verdict import Judgement

#: What readers of JUnit's XML want of a suite, and of a case.
SUITE = {
    *("name", "package", "id", "timestamp", "hostname", "time"),
    *("tests", "failures", "errors", "skipped"),
}
CASE = {"classname", "name", "time"}
NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=timezone.utc)


def suite(found: Judgement) -> ET.Element:
    """Return the suite, read by another reader too, its elements in the order of Ant's task."""
    text = junit(found, NOW, "host")
    (read,) = JUnitXml.fromstring(text.encode())
    assert isinstance(read, TestSuite)
    (own,) = ET.fromstring(text)  # noqa: S314 - our own
    assert set(own.attrib) == SUITE
    cases = own.findall("testcase")
    assert all(set(case.attrib) == CASE for case in cases)
    tags = [child.tag for child in own]
    assert tags == ["properties", *["testcase"] * len(cases), "system-out", "system-err"]
    counted = (read.tests, read.failures, read.errors, read.skipped)
    assert counted == tuple(
        sum(1 for case in read for one in case.result if type(one).__name__ == kind)
        if kind
        else len(list(read))
        for kind in ("", "Failure", "Error", "Skipped")
    )
    return own


def children(found: Judgement, name: str) -> list[str]:
    (case,) = suite(found).findall(f"testcase[@name='{name}']")
    return [child.tag for child in case]


@pytest.mark.parametrize(
    ("one", "tags"),
    [
        (SLOWER, ["failure"]),
        (PERHAPS, ["failure"]),
        (UNCLEAR, ["error"]),
        (UNTRUSTED, ["error"]),
        (MISSING, ["error"]),
        (FASTER, []),
        (SAME, []),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_red_is_what_makes_the_exit_code_other_than_0(one: object, tags: list[str]) -> None:
    found = judgement(one)  # type: ignore[arg-type]
    assert children(found, one.name) == tags  # type: ignore[attr-defined]
    assert (found.outcome is Outcome.NONE_SLOWER) == (not tags)


def test_the_suite_counts_what_it_holds() -> None:
    attributes = suite(everything()).attrib
    counted = {name: attributes[name] for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": "9", "failures": "3", "errors": "3", "skipped": "1"}
    assert attributes["timestamp"] == "2026-11-23T01:02:03"
    assert (attributes["name"], attributes["hostname"]) == ("bench.compare", "host")


def test_a_new_case_is_skipped() -> None:
    assert children(everything(), "bench_epoch[new]") == ["skipped"]


def test_nothing_to_compare_is_red_too() -> None:
    found = suite(judgement())
    assert found.attrib["errors"] == "1"
    assert [one.tag for one in found.findall("testcase")[0]] == ["error"]
    assert suite(judgement(added=("new",))).attrib["errors"] == "1"


def test_passed_cases_are_told_with_their_ratio() -> None:
    told = suite(judgement(SAME)).findtext("system-out")
    assert told is not None
    assert f"{SAME.name}: same: 1.00x (0.98 to 1.02), margin 1.5%" in told


@example("\ufffe\uffff\x0b\ud800")
@given(st.text())
def test_any_text_makes_valid_xml(text: str) -> None:
    odd = [replace(one, name=text, reason=text, cause=text) for one in EVERY]
    found = judgement(*odd, before=text, now=text, warnings=(text,), sources=(text,))
    assert suite(found).attrib["tests"] == str(len(EVERY))
