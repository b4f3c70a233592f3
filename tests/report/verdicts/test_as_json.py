from __future__ import annotations

import json
import math
from dataclasses import fields, replace

from bench.report.verdicts import formats as module
from bench.report.verdicts import wording
from bench.report.verdicts.formats import as_json, document
from bench.stats.verdict import CaseVerdict, Judgement, Outcome, Rates, Share, Verdict
from tests.report.verdicts.made_up_judgement import (
    EVERY,
    RATES,
    SLOWER,
    UNCLEAR,
    everything,
    judgement,
)


def test_it_holds_all_that_a_judgement_does() -> None:
    told = json.loads(as_json(everything()))
    assert {field.name for field in fields(Judgement)} <= set(told)
    assert told["format"] == 1
    assert told["forced"] is True
    assert told["warnings"] == ["Beware of this."]
    assert [one["name"] for one in told["cases"]] == [one.name for one in EVERY]
    assert told["changes"][0]["first_after"] == "2026-11-20T12:00:00+00:00"
    assert told["drifts"][0]["ratio_a_month"] == 1.012


def test_numbers_are_not_rounded() -> None:
    told = json.loads(as_json(judgement(SLOWER)))["cases"][0]
    assert told["ratio"] == SLOWER.ratio == 1.0531234567
    assert set(told) == {field.name for field in fields(CaseVerdict)}
    assert told["verdict"] == "slower"


def test_outcome_and_exit_code_go_together() -> None:
    for found, outcome, code in (
        (judgement(SLOWER), "slower", 1),
        (judgement(UNCLEAR), "unclear", 3),
        (judgement(), "nothing comparable", 4),
        (judgement(replace(SLOWER, verdict=Verdict.SAME)), "none slower", 0),
    ):
        told = document(found)
        assert (told["outcome"], told["exit_code"]) == (outcome, code)
    assert set(wording.OUTCOMES) == set(Outcome)


def test_cases_are_counted_by_verdict() -> None:
    counts = document(everything())["counts"]
    assert counts == {one.value: 1 for one in Verdict} | {"slower": 2}


def test_rates_have_their_intervals() -> None:
    told = document(judgement(rates=RATES))["rates"]
    low, high = Share(1, 300).interval
    assert told["false_slower"] == {
        "count": 1, "of": 300, "value": 1 / 300, "low": low, "high": high,
    }  # fmt: skip
    assert [one["slowdown"] for one in told["found"]] == [0.03, 0.05]
    assert document(judgement())["rates"] is None


def test_what_json_can_not_hold_is_null() -> None:
    odd = replace(SLOWER, ratio=math.nan, high=math.inf)
    none = Rates("ab", "", "", Share(0, 0), Share(0, 0))
    told = json.loads(as_json(judgement(odd, rates=none)))
    assert told["cases"][0]["ratio"] is None
    assert told["cases"][0]["high"] is None
    assert told["rates"]["same"]["value"] is None


def test_every_field_is_documented() -> None:
    told = document(everything())
    assert module.__doc__ is not None
    for field in told:
        assert f"``{field}``" in module.__doc__
