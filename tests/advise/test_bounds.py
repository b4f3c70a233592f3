"""The rules, each at its threshold, in their order."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bench.advise.bounds import Bound, Evidence, judge
from bench.advise.rule import RULE

JUST_BELOW = 1 - 1e-9
NOTHING = Evidence(roof="L2", roof_share=0.01)
#: Dispatched step by step, and nothing but: on the processor, and on a GPU.
FLAT = replace(
    NOTHING,
    operators=True,
    stepwise=True,
    step_operators=30.0,
    call_operators=3000.0,
    fixed_share=0.95,
)
GPU = replace(FLAT, on_gpu=True, device_share=0.99, device_operators=10.0)


def word(evidence: Evidence) -> str:
    return str(judge(evidence).bound.value)


@pytest.mark.parametrize(
    ("roof", "expected"),
    [
        ("arithmetic", "arithmetic"),
        ("memory", "memory"),
        ("L1", "cache"),
        ("L3", "cache"),
        ("cache", "cache"),
    ],
)
def test_near_the_roof_the_word_is_what_sets_it(roof: str, expected: str) -> None:
    assert word(Evidence(roof, RULE.near_roof_share)) == expected
    assert word(Evidence(roof, 1.6)) == expected  # an update in place beats the triad
    assert word(Evidence(roof, RULE.near_roof_share * JUST_BELOW)) == "unclear"
    # … whatever else holds.
    assert (
        word(replace(GPU, roof=roof, roof_share=RULE.near_roof_share, enqueued_share=1.0))
        == expected
    )


def test_a_loader_that_takes_most_of_the_time_is_the_host() -> None:
    assert word(replace(NOTHING, loading_share=RULE.most_of_time)) == "host"
    assert word(replace(NOTHING, loading_share=RULE.most_of_time * JUST_BELOW)) == "unclear"


def test_a_fixed_price_on_a_processor_is_the_host() -> None:
    assert word(FLAT) == "host"
    assert word(replace(FLAT, fixed_share=RULE.most_of_time)) == "host"
    assert word(replace(FLAT, fixed_share=RULE.most_of_time * JUST_BELOW)) == "unclear"
    assert word(replace(FLAT, fixed_share=math.nan)) == "unclear"


def test_a_compiled_loop_has_a_fixed_price_too_but_dispatches_no_steps() -> None:
    assert word(replace(FLAT, stepwise=False)) == "unclear"


def test_a_call_of_few_empty_operators_needs_no_other_size() -> None:
    few = replace(NOTHING, operators=True, call_operators=RULE.few_operators)
    assert word(few) == "host"
    assert word(replace(few, call_operators=RULE.few_operators / JUST_BELOW)) == "unclear"
    assert word(replace(few, operators=False)) == "unclear"


def test_a_gpu_that_is_idle_most_of_the_time_waits_for_the_host() -> None:
    idle = replace(
        NOTHING, on_gpu=True, device_share=RULE.most_of_time, enqueued_share=RULE.most_of_time
    )
    assert word(idle) == "host"
    assert word(replace(idle, device_share=RULE.most_of_time / JUST_BELOW)) == "unclear"
    assert word(replace(idle, enqueued_share=RULE.most_of_time * JUST_BELOW)) == "unclear"
    assert word(replace(idle, on_gpu=False)) == "unclear"


def test_on_a_gpu_a_fixed_price_is_the_hosts_or_the_launches() -> None:
    assert word(replace(GPU, enqueued_share=RULE.never_ahead_share)) == "host"
    assert word(replace(GPU, enqueued_share=RULE.never_ahead_share * JUST_BELOW)) == "launch"
    assert word(replace(GPU, enqueued_share=math.nan)) == "unclear"


def test_launches_take_the_device_about_as_long_as_empty_operators() -> None:
    ahead = replace(GPU, enqueued_share=0.3)
    assert word(replace(ahead, device_operators=RULE.most_launches)) == "launch"
    assert word(replace(ahead, device_operators=RULE.most_launches / JUST_BELOW)) == "unclear"
    # Where the device has no clock, by the time that was waited for.
    no_clock = replace(ahead, device_operators=math.nan, device_share=math.nan)
    assert word(replace(no_clock, step_operators=RULE.most_launches)) == "launch"
    assert word(replace(no_clock, step_operators=RULE.most_launches / JUST_BELOW)) == "unclear"
    assert word(replace(no_clock, step_operators=math.nan)) == "unclear"


def test_the_reason_holds_the_numbers() -> None:
    assert judge(Evidence("memory", 0.85)).reason == "85% of the bandwidth of memory"
    assert judge(FLAT).reason == (
        "95% of a step is a fixed price, it takes 30 times an empty operator"
    )
    assert judge(replace(FLAT, stepwise=False, library_share=0.2)).reason == (
        "1% of the roof (L2); its library's own triad reaches 20%; a step takes 30 times an "
        "empty operator; its steps are not dispatched one by one; 95% of a step is a fixed "
        "price"
    )
    assert judge(NOTHING).reason == (
        "1% of the roof (L2); no empty operator of its backend was timed; no other size tells "
        "its fixed price"
    )


def test_without_any_evidence_no_word_is_guessed() -> None:
    for on_gpu in (False, True):
        assert judge(replace(NOTHING, on_gpu=on_gpu)).bound is Bound.UNCLEAR
        assert judge(Evidence("L1", math.nan, on_gpu=on_gpu)).bound is Bound.UNCLEAR
