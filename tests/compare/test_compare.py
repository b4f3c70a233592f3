from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.compare.comparison import NotComparedError
from bench.compare.side_by_side import compare
from tests.compare.made_up_runs import case, fingerprint, foreign, run, table

if TYPE_CHECKING:
    from bench.compare.comparison import Comparison

#: Rounds of three processes, around a second.
AROUND = [[0.99, 0.98, 1.0], [1.0, 1.01, 1.0], [1.01, 1.0, 1.02]]


def times(factor: float) -> list[list[float]]:
    return [[factor * seconds for seconds in rounds] for rounds in AROUND]


def two(*second: dict[str, Any], **facts: Any) -> Comparison:
    """Compare run ``a`` with a run ``b`` that takes twice as long."""
    cases = [case(name, times(factor)) for name, factor in (("a", 1.0), ("b", 2.0))]
    return compare(table([*cases, *second]), table([run("a"), run("b", 2, **facts)]))


def ratios(found: Comparison) -> list[float]:
    return [round(value, 9) for value in found.rows.loc[found.rows["side"] > 0, "ratio"]]


def test_a_ratio_is_the_sides_seconds_over_the_baselines() -> None:
    (_, row), *rest = two().rows[lambda rows: rows["side"] > 0].iterrows()
    assert not rest
    assert row["ratio"] == pytest.approx(2)
    assert row["ratio_basis"] == "processes"
    assert row["ratio_low"] < 2 < row["ratio_high"]
    assert (row["seconds"], row["low"], row["high"]) == pytest.approx((2, 1.98, 2.02))
    assert (row["run"], row["basis"]) == ("b", "processes")


def test_the_baseline_stands_beside_with_1() -> None:
    own = two().rows.iloc[0]
    assert (own["side"], own["ratio"], own["ratio_basis"]) == (0, 1.0, "baseline")
    assert math.isnan(own["ratio_low"])


def test_a_case_of_one_process_is_compared_by_its_rounds() -> None:
    alone = [case("b", [[2.0, 1.9, 2.1, 2.0, 1.9, 2.1, 2.0]])]
    cases = table([case("a", times(1.0)), *alone])
    found = compare(cases, table([run("a"), run("b")])).rows.iloc[1]
    assert (found["ratio_basis"], found["ratio"]) == ("rounds", 2.0)
    few = table([case("a", times(1.0)), case("b", [[2.0, 2.1]])])
    bare = compare(few, table([run("a"), run("b")])).rows.iloc[1]
    assert bare["ratio_basis"] == "none"
    assert math.isnan(bare["ratio_low"])


def test_a_foreign_median_without_rounds_has_a_ratio_and_no_interval() -> None:
    nothing = {"seconds_low": math.nan, "seconds_high": math.nan, "process_seconds": None}
    rows = [foreign(name, [1.0], "test_x", **nothing) for name in "ab"]
    found = compare(table(rows), table([run("a"), run("b")])).rows.iloc[1]
    assert (found["ratio"], found["ratio_basis"]) == (1.0, "none")


@settings(max_examples=settings().max_examples // 4)
@given(st.lists(st.lists(st.floats(1e-6, 10), min_size=6, max_size=9), min_size=1, max_size=4))
def test_a_run_against_its_copy_is_1_everywhere(rounds: list[list[float]]) -> None:
    cases = [case(name, rounds, batch_size=size) for name in "ab" for size in (1, 10)]
    found = compare(table(cases), table([run("a"), run("b")]))
    against = found.rows[found.rows["side"] == 1]
    assert (against["ratio"] == 1).all()
    assert ((against["ratio_low"] <= 1) & (against["ratio_high"] >= 1)).all()
    assert found.axis == "date"
    assert found.differences == ()


@settings(max_examples=settings().max_examples // 4)
@given(
    *[st.lists(st.floats(1e-6, 10), min_size=6, max_size=9) for _ in range(2)],
    st.booleans(),
)
def test_swapping_the_runs_inverts_every_ratio(
    one: list[float], other: list[float], several: bool
) -> None:
    def rounds(seconds: list[float]) -> list[list[float]]:
        return [seconds[::2], seconds[1::2]] if several else [seconds]

    cases = table([case("a", rounds(one)), case("b", rounds(other))])
    runs = table([run("a"), run("b")])
    there = compare(cases, runs).rows.iloc[1]
    swapped = compare(cases, runs, baseline="b").rows
    (_, back) = next(swapped[swapped["side"] == 1].iterrows())
    assert back["run"] == "a"
    assert back["ratio"] == pytest.approx(1 / there["ratio"])
    with np.errstate(over="ignore", divide="ignore"):
        assert back["ratio_low"] == pytest.approx(1 / np.float64(there["ratio_high"]))


def test_what_only_some_sides_have_is_said() -> None:
    more = [case("a", times(1), batch_size=1), case("c", times(1), batch_size=99)]
    cases = [*(case(name, times(1)) for name in "abc"), *more]
    found = compare(table(cases), table([run("a"), run("b"), run("c")]))
    assert len(set(found.rows["key"])) == 1
    having = dict(zip(found.partial["batch_size"], found.partial["sides"], strict=True))
    assert having == {1: (0,), 99: (2,)}


def test_a_case_that_the_baseline_lacks_is_not_compared() -> None:
    cases = [*(case(name, times(1)) for name in "abc")]
    cases += [case(name, times(1), batch_size=99) for name in "bc"]
    found = compare(table(cases), table([run("a"), run("b"), run("c")]))
    assert set(found.rows["batch_size"]) == {10}
    assert list(found.partial["sides"]) == [(1, 2)]


@pytest.mark.parametrize(
    ("facts", "axis"),
    [
        ({}, "date"),
        ({"fingerprint": fingerprint(cpu_model="Another")}, "machine"),
        ({"node": "elsewhere"}, "machine"),
        ({"fingerprint": fingerprint(cpu_model="Another", python="3.12.1")}, "machine"),
        ({"fingerprint": fingerprint(python="3.12.1")}, "version"),
        ({"fingerprint": fingerprint(python="3.12.1", cores_usable=1)}, "version"),
        ({"fingerprint": fingerprint(cores_usable=1)}, "setting"),
        ({"commit": "0000000"}, "version"),
        ({"preset": "full"}, "date"),
        ({"fingerprint": fingerprint(gpu_reason="another sentence.")}, "date"),
        # No compared case runs on NumPy or on a GPU.
        ({"fingerprint": fingerprint(gpus=[{"name": "H100", "driver": "1"}])}, "date"),
        ({"fingerprint": fingerprint(backends={"mxnet": {"mxnet": "1.9.1"}})}, "date"),
        ({"fingerprint": fingerprint(nobody_knows="x")}, "date"),
    ],
)
def test_what_is_compared_is_what_differs(facts: dict[str, Any], axis: str) -> None:
    assert two(**facts).axis == axis


def test_a_difference_tells_what_it_touches() -> None:
    backends = {"mxnet": {"mxnet": "1.9.2"}, "jax": {"jax": "0.7.1"}}
    found = two(fingerprint=fingerprint(backends=backends)).differences
    told = {one.fact: (one.kind, tuple(one.values), one.n_touched) for one in found}
    assert told == {
        "backends.mxnet.mxnet": ("software", ("1.9.1", "1.9.2"), 1),
        "backends.jax.jax": ("software", ("–", "0.7.1"), 0),
        "backends.numpy.numpy": ("software", ("1.26.4", "–"), 0),
    }
    assert all(one.expected for one in found)


def test_a_fact_that_one_run_does_not_tell_is_listed_and_touches_nothing() -> None:
    silent = fingerprint()
    del silent["cpu_model"]
    (one,) = two(fingerprint=silent).differences
    assert (one.fact, tuple(one.values), one.n_touched) == (
        "cpu_model",
        ("A processor", "–"),
        0,
    )


def test_differences_that_are_not_compared_come_first() -> None:
    changed = fingerprint(cpu_model="Another", os="Zzz")
    found = two(fingerprint=changed).differences
    assert [(one.fact, one.expected) for one in found] == [("os", False), ("cpu_model", True)]


@pytest.mark.parametrize(
    ("facts", "labels"),
    [
        ({}, ["2026-11-01 00:00", "2026-11-02 00:00"]),
        ({"taken": pd.Timestamp(2026, 11, 1, tz="UTC")}, ["a", "b"]),
        ({"fingerprint": fingerprint(cpu_model="Another")}, ["A processor", "Another"]),
        ({"node": "elsewhere"}, ["A processor (vm)", "A processor (elsewhere)"]),
        ({"fingerprint": fingerprint(python="3.12")}, ["python 3.11.7", "python 3.12"]),
        ({"commit": "0000000"}, ["b5c8249", "0000000"]),
    ],
)
def test_sides_are_called_by_what_is_compared(facts: dict[str, Any], labels: list[str]) -> None:
    assert [side.label for side in two(**facts).sides] == labels


def test_devices_of_one_run_are_compared() -> None:
    cases = [case("a", times(1)), case("a", times(0.5), device="gpu(0)")]
    found = compare(table(cases), table([run("a")]))
    assert (found.axis, [side.label for side in found.sides]) == (
        "device",
        ["cpu(0)", "gpu(0)"],
    )
    assert ratios(found) == [0.5]
    assert ratios(compare(table(cases), table([run("a")]), baseline="gpu(0)")) == [2.0]


def test_runs_that_share_no_device_are_compared_by_device() -> None:
    cases = [case("a", times(1)), case("b", times(0.5), device="gpu(0)")]
    found = compare(table(cases), table([run("a"), run("b")]))
    assert (found.axis, ratios(found)) == ("device", [0.5])
    cases.append(case("b", times(1)))
    assert compare(table(cases), table([run("a"), run("b")])).axis == "date"
    asked = compare(table(cases), table([run("a"), run("b")]), axis="device")
    labels = ["cpu(0), a", "gpu(0), b", "cpu(0), b"]
    assert [side.label for side in asked.sides] == labels


def test_other_work_under_the_same_name_is_left_out() -> None:
    cases = [case(name, times(1), batch_size=size) for name in "ab" for size in (1, 10)]
    for one in (0, 2):
        cases[one]["precision"] = "float32" if one == 0 else "float16"
    found = compare(table(cases), table([run("a"), run("b")]))
    assert list(found.rows["batch_size"]) == [10, 10]
    (other,) = found.different_work.to_dict("records")
    told = (other["fact"], other["baseline_value"], other["side_value"], other["side"])
    assert told == ("precision", "float32", "float16", 1)


def test_the_rate_is_work_only_where_it_decides_the_steps() -> None:
    def compared(**facts: Any) -> Comparison:
        cases = [case("a", times(1), **facts)]
        cases.append(case("b", times(1), **facts) | {"learning_rate": 0.006})
        return compare(table(cases), table([run("a"), run("b")]))

    assert len(set(compared().rows["key"])) == 1
    with pytest.raises(
        NotComparedError, match=r"other work \(learning_rate: 0.005 and 0.006\)"
    ):
        compared(case="target")


def test_a_precision_that_only_the_run_tells_counts() -> None:
    with pytest.raises(NotComparedError, match="precision: float32 and float16"):
        two(fingerprint=fingerprint(precision="float16"))


def test_rates_that_differ_by_rounding_are_the_same() -> None:
    cases = [case(name, times(1), case="target") for name in "ab"]
    cases[1]["learning_rate"] *= 1 + 1e-9
    rows = compare(table(cases), table([run("a"), run("b")])).rows
    assert len(set(rows["key"])) == 1


def test_foreign_benchmarks_are_told_apart_by_their_full_name() -> None:
    cases = [
        foreign(name, [1.0] * 6, "test_x", fullname=f"{file}::test_x")
        for name in "ab"
        for file in ("one.py", "two.py")
    ]
    found = compare(table(cases), table([run("a"), run("b")]))
    assert len(set(found.rows["key"])) == 2


def test_a_name_that_stands_twice_in_a_run_is_not_compared() -> None:
    cases = [case(name, times(1), batch_size=size) for name in "ab" for size in (1, 10)]
    cases.append(case("b", times(3), batch_size=10))
    found = compare(table(cases), table([run("a"), run("b")]))
    assert set(found.rows["batch_size"]) == {1}
    with pytest.raises(NotComparedError, match="stands more than once"):
        compare(table(cases[1:2] + cases[3:]), table([run("a"), run("b")]))


@pytest.mark.parametrize(
    ("cases", "runs", "asked", "says"),
    [
        ([case("a", times(1))], [run("a")], {}, "needs two runs"),
        ([], [run("a"), run("b")], {}, "no case in common"),
        (
            [case("a", times(1)), case("b", times(1), batch_size=99)],
            [run("a"), run("b")],
            {},
            "no case in common",
        ),
        ([case("a", times(1))], [run("a"), run("b")], {"axis": "x"}, "x can't be compared"),
        (
            [case("a", times(1)), case("b", times(1))],
            [run("a"), run("b")],
            {"baseline": "c"},
            "no side is called c; there are a, b",
        ),
    ],
)
def test_what_can_not_be_compared_gets_a_sentence(
    cases: list[dict[str, Any]], runs: list[dict[str, Any]], asked: dict[str, str], says: str
) -> None:
    made = table(cases) if cases else table([case("a", times(1))]).iloc[:0]
    with pytest.raises(NotComparedError, match=says):
        compare(made, table(runs), **asked)


def test_the_order_of_the_rows_changes_nothing() -> None:
    cases = [
        case(name, times(factor * size), batch_size=size)
        for name, factor in (("a", 1.0), ("b", 1.5))
        for size in (1, 10, 100)
    ]
    runs = table([run("a"), run("b")])
    forwards, backwards = compare(table(cases), runs), compare(table(cases[::-1]), runs)
    keys = ["key", "side"]
    pd.testing.assert_frame_equal(
        forwards.rows.sort_values(keys, ignore_index=True),
        backwards.rows.sort_values(keys, ignore_index=True),
    )
