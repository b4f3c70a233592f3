from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.store import tidy
from tests.store import made_up_run

if TYPE_CHECKING:
    import random

    import pandas as pd

BASELINE = "nd.autograd"


def epochs(document: dict[str, Any]) -> pd.DataFrame:
    return tidy.of_case(tidy.frame(document), "epoch")


def test_every_benchmark_is_a_row_with_its_facts() -> None:
    table = tidy.frame(made_up_run.document())
    assert len(table) == len(made_up_run.document()["benchmarks"])
    (row,) = table[table["name"] == made_up_run.epoch(BASELINE, 10)["name"]].to_dict("records")
    assert row["seconds"] == 0.25
    assert row["rounds"] == 6
    assert row["kernel"] == BASELINE
    assert row["batch_size"] == 10
    assert row["loss_by_epoch"] == made_up_run.LOSSES[10]


@given(st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=30), st.randoms())
def test_seconds_are_the_median_whatever_the_order_of_the_rounds(
    data: list[float], shuffle: random.Random
) -> None:
    benchmark = made_up_run.epoch(BASELINE, 10)
    table = tidy.frame(made_up_run.document([{**benchmark, "stats": {"data": data}}]))
    shuffled = list(data)
    shuffle.shuffle(shuffled)
    again = tidy.frame(made_up_run.document([{**benchmark, "stats": {"data": shuffled}}]))
    assert table["seconds"].item() == again["seconds"].item() == np.median(data)


def test_cases_are_told_apart() -> None:
    table = tidy.frame(made_up_run.document())
    numbers = {case: len(tidy.of_case(table, case)) for case in table["case"].unique()}
    assert numbers == {"epoch": 4, "loader": 12, "update": 3, "notebook": 2}


@pytest.mark.parametrize("case", ["epoch", "loader", "update", "notebook"])
def test_a_run_without_any_case_gives_an_empty_table(case: str) -> None:
    table = tidy.frame(made_up_run.document([]))
    assert tidy.of_case(table, case).empty
    assert {"name", "seconds", "rounds"} <= {*table}


def test_a_run_of_plain_pytest_benchmark_holds_no_case_of_this_suite() -> None:
    foreign = {"benchmarks": [{"name": "test_other", "stats": {"data": [1.0, 3.0]}}]}
    table = tidy.frame(foreign)
    assert table["seconds"].tolist() == [2.0]
    assert tidy.of_case(table, "epoch").empty


def test_relative_speed_is_the_baselines_seconds_over_the_cases() -> None:
    rows = epochs(made_up_run.document())
    speed = tidy.relative_speed(rows, BASELINE)
    by_name = dict(zip(rows["name"], speed, strict=True))
    assert by_name == {
        made_up_run.epoch(BASELINE, 10)["name"]: 1.0,
        made_up_run.epoch(BASELINE, 1500)["name"]: 1.0,
        made_up_run.epoch("nd.closed_form", 10)["name"]: 2.0,
        made_up_run.epoch("nd.closed_form", 1500)["name"]: 2.0,
    }
    assert speed.index.equals(rows.index)


def test_a_case_is_compared_on_its_own_device_only() -> None:
    document = made_up_run.document(
        [
            made_up_run.epoch(BASELINE, 10),
            made_up_run.epoch("nd.closed_form", 10, "gpu(0)"),
            made_up_run.epoch("nd.closed_form", 1500),
        ]
    )
    speed = tidy.relative_speed(epochs(document), BASELINE).tolist()
    assert speed[0] == 1.0
    assert np.isnan(speed[1:]).all()


@given(st.permutations(range(4)))
def test_relative_speed_does_not_move_with_the_order_of_the_cases(order: list[int]) -> None:
    cells = list(made_up_run.ROUNDS)
    document = made_up_run.document([made_up_run.epoch(*cells[number]) for number in order])
    rows = epochs(document)
    speed = tidy.relative_speed(rows, BASELINE)
    assert speed.tolist() == [2.0 if k == "nd.closed_form" else 1.0 for k in rows["kernel"]]


def test_swapping_the_baseline_inverts_the_speed() -> None:
    rows = epochs(made_up_run.document())
    of_fast = tidy.relative_speed(rows, "nd.closed_form")
    assert of_fast.tolist() == [1.0 if k == "nd.closed_form" else 0.5 for k in rows["kernel"]]
