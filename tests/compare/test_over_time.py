from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from bench.compare.over_time import over_time, points
from tests.compare.made_up_runs import case, foreign, run, table


def history(seconds: list[float], size: int = 10) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return runs, one a day, in an order that is not that of time."""
    days = range(1, len(seconds) + 1)
    cases = [
        case(f"run{day}", [[value] * 7], batch_size=size)
        for day, value in zip(days, seconds, strict=True)
    ]
    runs = [run(f"run{day}", day) for day in days]
    return table(cases[::-1]), table(runs[::-1])


def test_a_case_is_told_from_its_first_run_to_its_last() -> None:
    (_, row), *rest = over_time(*history([1.0, 1.1, 0.9, 1.0, 1.0, 1.3])).iterrows()
    assert not rest
    assert (row["n_runs"], row["first"], row["last"], row["median"]) == (6, 1.0, 1.3, 1.0)
    assert (row["first_taken"].day, row["last_taken"].day) == (1, 6)
    assert row["kernel"] == "nd.autograd"
    assert row["ratio"] == pytest.approx(1.3)
    # Of the logarithms 0, 0.0953, -0.1054, 0, 0, 0.2624: half are within 0.0477 of 0.
    assert row["spread"] == pytest.approx(1.4826 * math.log(1.1) / 2)


def test_the_interval_is_for_one_more_run() -> None:
    earlier = [1.0, 1.1, 0.9, 1.0, 1.0]
    (_, row), *_ = over_time(*history([*earlier, 1.3])).iterrows()
    deviation = np.log(earlier).std(ddof=1)
    width = 2.7764 * deviation * math.sqrt(1 + math.pi / 10)
    assert row["ratio_low"] == pytest.approx(1.3 * math.exp(-width), rel=1e-4)
    assert row["ratio_high"] == pytest.approx(1.3 * math.exp(width), rel=1e-4)
    assert row["ratio_low"] > 1


def test_few_runs_have_no_interval_and_one_run_no_ratio() -> None:
    (_, four), *_ = over_time(*history([1.0, 1.1, 0.9, 1.2])).iterrows()
    assert four["ratio"] == pytest.approx(1.2)
    assert math.isnan(four["ratio_low"])
    (_, five), *_ = over_time(*history([1.0, 1.1, 0.9, 1.0, 1.2])).iterrows()
    assert five["ratio_low"] < 1.2 < five["ratio_high"]
    (_, one), *_ = over_time(*history([1.0])).iterrows()
    assert (one["n_runs"], one["last"]) == (1, 1.0)
    assert math.isnan(one["ratio"])
    assert math.isnan(one["spread"])


@pytest.mark.parametrize("n_earlier", [4, 10])
def test_a_run_like_the_others_is_within_as_often_as_it_says(n_earlier: int) -> None:
    numbers = np.random.default_rng(20261122)
    n_cases = 1500
    seconds = numbers.lognormal(sigma=0.05, size=(n_earlier + 1, n_cases))
    one = case("run1", [[1.0] * 7])
    made = table([one]).loc[[0] * seconds.size].reset_index(drop=True)
    made["name"] = [f"case{number}" for number in range(n_cases)] * (n_earlier + 1)
    made["run"] = np.repeat([f"run{day}" for day in range(1, n_earlier + 2)], n_cases)
    made["seconds"] = seconds.ravel()
    runs = table([run(f"run{day}", day) for day in range(1, n_earlier + 2)])
    found = over_time(made, runs)
    assert len(found) == n_cases
    held = ((found["ratio_low"] <= 1) & (found["ratio_high"] >= 1)).mean()
    assert 0.93 <= held <= 0.97


def test_points_are_in_order_of_time_with_their_intervals() -> None:
    cases, runs = history([1.0, 2.0, 3.0])
    found = points(cases, runs)
    assert list(found["seconds"]) == [1.0, 2.0, 3.0]
    assert list(found["low"]) == [1.0, 2.0, 3.0]  # of the rounds: there is one process
    assert list(found["run"]) == ["run1", "run2", "run3"]


def test_runs_without_a_time_and_cases_that_stand_twice_are_left_out() -> None:
    cases = [case(name, [[1.0] * 7]) for name in ("a", "b", "b", "c")]
    cases += [foreign("a", [1.0] * 7, "test_x")]
    runs = table([run("a"), run("b", 2), run("c") | {"taken": pd.NaT}])
    found = points(table(cases), runs)
    assert list(found["run"]) == ["a", "a"]
    assert set(found["name"]) == {"test_x", cases[0]["name"]}


def test_no_run_gives_no_row_and_the_same_columns() -> None:
    cases, runs = history([1.0])
    nothing = over_time(cases.iloc[:0], runs.iloc[:0])
    assert nothing.empty
    assert set(nothing) == set(over_time(cases, runs))
