"""From the cases of a run to an answer, or to the reason why there is none."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pytest

from bench.advise.reading import Axis, NothingComparableError, find, rows_of
from tests.advise.made_up_times import SIZES, document, epoch, target

if TYPE_CHECKING:
    from bench.advise.answer import KernelAnswer


def only(benchmarks: list[dict[str, Any]], **more: Any) -> KernelAnswer:
    found = find(rows_of([document(benchmarks)]), 0.01, **more)
    (one,) = found.answers
    return one


def times() -> list[dict[str, Any]]:
    return [epoch(size) for size in SIZES]


def test_the_best_size_lies_where_the_two_costs_balance() -> None:
    one = only(times())
    assert one.advice is not None
    assert one.cost is not None
    assert one.cost.n_half is not None
    assert one.cost.n_half.value == pytest.approx(50, rel=0.05)
    low, high = one.advice.within
    assert low.value <= one.advice.b_star.value <= high.value
    assert one.advice.recommended in SIZES
    assert one.refusal is None


def test_what_is_known_of_each_size_stands_in_one_row() -> None:
    table = only([*times(), target(30, 0.5)]).table.set_index("batch_size")
    assert list(table.index) == list(SIZES)
    row = table.loc[30]
    assert row["samples"] == pytest.approx(30 * row["steps"])
    assert row["product_seconds"] == pytest.approx(row["steps"] * row["epoch_seconds"] / 10)
    assert row["low"] < row["seconds"] < row["high"]
    assert row["measured_seconds"] == 0.5
    assert row["measured_low"] == pytest.approx(0.495)
    assert math.isnan(table.loc[10, "measured_seconds"])


@pytest.mark.parametrize(
    ("seconds", "agrees"),
    [({1: 3.0, 100: 1.0, 300: 2.0}, True), ({1: 1.0, 100: 3.0, 300: 2.0}, False)],
)
def test_the_best_measured_size_is_compared_with_the_advised(
    seconds: dict[int, float], agrees: bool
) -> None:
    one = only([*times(), *(target(size, time) for size, time in seconds.items())])
    assert one.measured_best == min(seconds, key=seconds.__getitem__)
    assert one.advice is not None
    assert one.agrees is agrees


def test_times_to_another_target_are_not_put_beside() -> None:
    one = only([*times(), target(30, 0.5, tolerance=0.05)])
    assert one.measured_best is None
    assert one.agrees is None


@pytest.mark.parametrize(
    ("benchmarks", "reason"),
    [
        ([epoch(size) for size in (1, 10, 100)], "3 batch sizes .1, 10, 100."),
        ([epoch(size, loss_by_epoch=None) for size in SIZES], "no loss curve"),
        ([epoch(size, loss_by_epoch=[0.5, None]) for size in SIZES], "no loss curve"),
        ([epoch(size, seed=None) for size in SIZES], "does not tell how .* trained .seed."),
        (
            [epoch(size, loss_by_epoch=[0.5, 0.4, 0.3, 0.2]) for size in SIZES],
            "the data or the code have changed",
        ),
    ],
)
def test_what_carries_no_answer_gives_the_reason_and_no_number(
    benchmarks: list[dict[str, Any]], reason: str
) -> None:
    one = only(benchmarks)
    assert one.advice is None
    assert re.search(reason, str(one.refusal))
    assert one.table["seconds"].isna().all()


def test_times_that_contradict_the_model_give_no_number() -> None:
    benchmarks = times()
    for number, one in enumerate(benchmarks):
        factor = (5.0, 0.2)[number % 2]
        one["stats"]["data"] = [factor * value for value in one["stats"]["data"]]
    one_answer = only(benchmarks)
    assert one_answer.advice is None
    assert one_answer.cost is None
    assert "no model fits" in str(one_answer.refusal)


@pytest.mark.slow
def test_other_schedules_and_samplings_stand_beside_the_first() -> None:
    axes = (Axis(), Axis("power:-0.3"), Axis("constant", "with-replacement"))
    found = find(rows_of([document(times())]), 0.01, axes)
    assert [
        (known.conditions.schedule, known.conditions.sampling) for known, _ in found.others
    ] == [
        ("power:-0.3", "without-replacement"),
        ("constant", "with-replacement"),
    ]
    with_replacement = found.others[1][0]
    assert with_replacement.expected is not None
    assert (
        found.counted[found.answers[0].subject.workload, found.conditions[0]].expected is None
    )


def test_the_newest_time_of_a_case_counts() -> None:
    older = document([epoch(size) for size in SIZES])
    newer = document([epoch(10)])
    older["datetime"] = "2026-02-01T01:00:00+00:00"
    newer["datetime"] = "2026-01-31T23:30:00-05:00"
    newer["benchmarks"][0]["stats"]["data"] = [7.0]
    for documents in ([older, newer], [newer, older]):
        table = rows_of(documents)
        assert table.loc[table["batch_size"] == 10, "seconds"].tolist() == [7.0]
        assert len(table) == len(SIZES)


def test_runs_of_different_machines_are_not_put_together() -> None:
    with pytest.raises(NothingComparableError, match="different machines"):
        rows_of([document(times(), "one"), document(times(), "other")])


def test_a_kernel_that_does_not_shuffle_is_counted_as_it_trains() -> None:
    found = find(rows_of([document([epoch(s, sampling="sequential") for s in SIZES])]), 0.01)
    assert found.conditions[0].sampling == "sequential"


def test_what_is_counted_is_told_once() -> None:
    told: list[str] = []
    benchmarks = [epoch(size, seed=0) for size in SIZES]
    find(rows_of([document(benchmarks)]), 0.02, tell=told.append)
    n_told = len(told)
    assert n_told >= len(SIZES)
    find(rows_of([document(benchmarks)]), 0.02, tell=told.append)
    assert len(told) == n_told


def test_a_kernel_with_momentum_is_counted_with_it() -> None:
    found = find(rows_of([document([epoch(s, momentum=0.9) for s in SIZES])]), 0.01)
    assert found.conditions[0].momentum == 0.9
