"""What is printed of many answers, and of such as doubt themselves."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from bench.advise.reading import Axis, find, rows_of
from bench.report.advice import render
from bench.report.advice_text import doubts, interval, sentences, size
from bench.stats.estimate import Estimate
from bench.stats.fits import RefusalError
from tests.advise.made_up_times import SIZES, document, epoch, target

if TYPE_CHECKING:
    from bench.advise.answer import Found


def printed(found: Found, *, details: bool = False) -> str:
    console = Console(file=io.StringIO(), width=110)
    render(found, console, details=details)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return] # a StringIO


def kernels(number: int) -> list[dict[str, object]]:
    return [epoch(s, kernel=f"made.up{n}") for n in range(number) for s in SIZES]


def test_more_kernels_than_a_few_get_a_line_each_and_refusals_their_reason() -> None:
    benchmarks = kernels(5)
    for one in benchmarks[: len(SIZES)]:
        one["extra_info"]["loss_by_epoch"] = None  # type: ignore[index]
    text = printed(find(rows_of([document(benchmarks)]), 0.01))
    assert "Give made.up1" not in text
    for name in ("made.up1", "made.up4"):
        assert name in text
    assert "No batch size can be advised for made.up0: the run has no loss curve" in text
    for column in ("advised", "within 5%", "n_half", "misfit"):
        assert column in text


def test_an_axis_that_is_refused_is_named_with_the_reason() -> None:
    found = find(rows_of([document(kernels(1))]), 0.01, (Axis(),))
    (known,), (one,) = found.counted.values(), found.answers
    refusal = RefusalError("no training reached the target")
    steep = replace(
        known, conditions=replace(known.conditions, schedule="exponential:0.1"), fit=refusal
    )
    refused = replace(one, advice=None, refusal=str(refusal))
    text = printed(replace(found, others=((steep, refused),)))
    assert "refused" in text
    assert "exponential:0.1, without replacement: " in text
    assert "1.00x" in text


def test_what_is_measured_may_be_a_step_longer_and_that_is_said() -> None:
    benchmarks = [*(epoch(s) for s in SIZES), target(30, 0.5)]
    assert "takes whole steps" in printed(find(rows_of([document(benchmarks)]), 0.01))
    assert "takes whole steps" not in printed(
        find(rows_of([document([epoch(s) for s in SIZES])]), 0.01)
    )


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(30.4, 20.2, 41.0), "30 (20 to 41)"),
        (Estimate(1.94, 1.44, 2.53), "1.9 (1.4 to 2.5)"),
        (Estimate(3.0, 0.0, 5.0), "at most 5"),
        (Estimate(300.0, 200.0, float("inf")), "at least 200"),
    ],
)
def test_a_bound_on_one_side_is_said_as_such(estimate: Estimate, text: str) -> None:
    assert interval(estimate) == text


def test_sizes_have_no_more_digits_than_needed() -> None:
    assert [size(value) for value in (0.067, 9.96, 1346.2)] == ["0.067", "10", "1346"]


def test_an_answer_doubts_itself() -> None:
    found = find(rows_of([document([epoch(s) for s in SIZES])]), 0.01)
    (one,) = found.answers
    (known,) = found.counted.values()
    assert one.cost is not None
    assert one.advice is not None
    bad = replace(one.cost, misses_noise=True, times_noise=7.0, rms_residual=0.08)
    doubtful = replace(
        one, cost=bad, agrees=False, advice=replace(one.advice, extrapolated=True)
    )
    said = " ".join(doubts(doubtful, None))
    assert "misses the times by 8%, 7 times what their noise explains" in said
    assert "measured times disagree" in said
    assert "beyond the batch sizes that were measured" in said
    for end, words in (("largest", "only falls"), ("smallest", "nothing is gained")):
        at_end = replace(one, advice=replace(one.advice, at_end=end))
        assert words in " ".join(sentences(at_end, known.fit))  # type: ignore[arg-type]
