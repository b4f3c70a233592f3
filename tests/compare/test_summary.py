from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from bench.compare.side_by_side import changes, compare, summary
from tests.compare.made_up_runs import case, foreign, run, table

if TYPE_CHECKING:
    from bench.compare.comparison import Comparison

NARROW = [0.999, 1.0, 1.001]


def compared(factors: dict[int, float], **facts: Any) -> Comparison:
    cases = [case("a", [[s] * 3 for s in NARROW], batch_size=size) for size in factors]
    cases += [
        case("b", [[factor * s] * 3 for s in NARROW], batch_size=size, **facts)
        for size, factor in factors.items()
    ]
    return compare(table(cases), table([run("a"), run("b")]))


def test_the_mean_of_a_kernel_is_geometric() -> None:
    (_, row), *rest = summary(compared({1: 2.0, 10: 0.5, 100: 27.0}).rows).iterrows()
    assert not rest
    assert row["ratio"] == pytest.approx(3.0)
    assert (row["n"], row["kernel"], row["backend"]) == (3, "nd.autograd", "mxnet")
    assert (row["lowest"], row["highest"]) == pytest.approx((0.5, 27.0))
    assert (row["n_slower"], row["n_faster"]) == (2, 1)


def test_foreign_benchmarks_are_a_group() -> None:
    cases = [foreign(name, [1.0] * 7, f"test_{x}") for name in "ab" for x in "xy"]
    found = summary(compare(table(cases), table([run("a"), run("b")])).rows)
    assert list(found["n"]) == [2]


def test_the_largest_changes_come_first_and_those_that_may_be_none_not_at_all() -> None:
    found = compared({1: 1.5, 2: 3.0, 5: 0.5, 10: 0.25, 20: 1.001, 50: 2.0})
    slower, faster = changes(found.rows, most=2)
    assert list(slower["batch_size"]) == [2, 50]
    assert list(faster["batch_size"]) == [10, 5]


@pytest.mark.parametrize("side", [0, 1])
def test_disturbed_cases_are_no_change(side: int) -> None:
    found = compared({1: 2.0})
    found.rows.loc[found.rows["side"] == side, "untrusted"] = True
    assert all(part.empty for part in changes(found.rows))


def test_a_case_without_an_interval_is_no_change() -> None:
    cases = [case("a", [[1.0]]), case("b", [[2.0]])]
    found = compare(table(cases), table([run("a"), run("b")]))
    assert math.isnan(found.rows["ratio_low"].iloc[1])
    assert all(part.empty for part in changes(found.rows))
