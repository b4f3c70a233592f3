from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.history.reading import choose
from bench.store.files import StoreError
from tests.history.stored_history import (
    FINGERPRINT,
    NAMES,
    benchmark,
    document,
    factors,
    history,
    store,
)

if TYPE_CHECKING:
    from pathlib import Path

FIRST = NAMES[0]


def test_earlier_runs_come_in_order_and_this_one_last(tmp_path: Path) -> None:
    run = history(tmp_path, 6)
    chosen = choose(run, [tmp_path])
    assert chosen.history.runs["run"].tolist() == [f"run-{day:03d}" for day in range(1, 7)]
    assert chosen.history.logs.shape == (6, len(NAMES))
    assert np.isfinite(chosen.history.logs).all()
    assert chosen.facts.comparable.all()
    assert chosen.aside == ()


def test_the_time_of_a_case_is_the_median_of_its_processes(tmp_path: Path) -> None:
    content = document(1, factors(1))
    content["benchmarks"][0]["extra_info"]["processes"] = [{"median": m} for m in (2, 3, 9)]
    chosen = choose(store(tmp_path, 1, content), [tmp_path])
    column = chosen.history.series["key"].tolist().index(FIRST)
    assert chosen.history.logs[0, column] == pytest.approx(np.log(3))


def test_what_is_left_aside_is_counted_with_its_reason(tmp_path: Path) -> None:
    run = history(tmp_path, 6)
    store(tmp_path, 7, document(7, factors(7)))
    other = document(3, factors(3), {**FINGERPRINT, "cpu_model": "Another"})
    store(tmp_path, 103, other)
    cut = document(2, factors(2))
    cut["bench"]["status"] = "interrupted"
    store(tmp_path, 102, cut)
    timeless = document(2, factors(2))
    del timeless["datetime"]
    store(tmp_path, 104, timeless)
    chosen = choose(run, [tmp_path])
    assert len(chosen.history.runs) == 6
    assert set(chosen.aside) == {
        "1 run later than this one was left aside.",
        "1 run of other machines was left aside.",
        "1 run interrupted half-way was left aside.",
        "1 run without a time was left aside.",
    }


def test_a_disturbed_run_and_a_disturbed_case_tell_nothing(tmp_path: Path) -> None:
    history(tmp_path, 3)
    busy, one = document(4, factors(4)), document(5, factors(5))
    for case in busy["benchmarks"]:
        case["extra_info"]["disturbed_rounds"] = 1
    one["benchmarks"][0] = benchmark(FIRST, 1e-3, disturbed_rounds=3)
    store(tmp_path, 4, busy)
    chosen = choose(store(tmp_path, 5, one), [tmp_path])
    made = chosen.history
    assert np.isnan(made.logs[3]).all()
    assert made.there.all()
    (at,) = np.flatnonzero(np.isnan(made.logs[4]))
    assert made.series["key"][at] == FIRST
    assert "More than 20% of its rounds were disturbed" in made.troubles[FIRST]


def test_other_work_under_the_same_name_is_no_history(tmp_path: Path) -> None:
    for day in range(1, 5):
        content = document(day, factors(day))
        content["benchmarks"][0]["extra_info"]["n_samples"] = 3000 if day == 2 else 1500
        last = store(tmp_path, day, content)
    made = choose(last, [tmp_path]).history
    column = made.series["key"].tolist().index(FIRST)
    assert np.isfinite(made.logs[:, column]).tolist() == [True, False, True, True]
    assert (made.n_other_work, made.other_work) == (1, {})
    content = document(5, factors(5))
    content["benchmarks"][0]["extra_info"]["n_samples"] = 7
    made = choose(store(tmp_path, 5, content), [tmp_path]).history
    assert list(made.other_work) == [FIRST]
    assert made.other_work[FIRST][0] == "n_samples"
    assert made.other_work[FIRST][2] == "7"


def test_a_case_that_stands_twice_in_a_run_tells_nothing(tmp_path: Path) -> None:
    content = document(1, factors(1))
    content["benchmarks"].append(content["benchmarks"][0])
    made = choose(store(tmp_path, 1, content), [tmp_path]).history
    assert "more than once" in made.troubles[FIRST]


def test_only_the_newest_of_many_runs_are_read(tmp_path: Path) -> None:
    run = history(tmp_path, 9)
    chosen = choose(run, [tmp_path], most_runs=4)
    assert chosen.history.runs["run"].tolist() == [f"run-{day:03d}" for day in range(5, 10)]


def test_runs_of_several_folders_are_one_history(tmp_path: Path) -> None:
    history(tmp_path / "a", 3)
    store(tmp_path / "b", 4, document(4, factors(4)))
    run = store(tmp_path / "c", 5, document(5, factors(5)))
    assert len(choose(run, [tmp_path / "a", tmp_path / "b"]).history.runs) == 5


def test_a_damaged_run_can_not_be_judged(tmp_path: Path) -> None:
    history(tmp_path, 3)
    damaged = tmp_path / "run-004.json"
    damaged.write_text("[]")
    with pytest.raises(StoreError, match=r"run-004\.json can't be judged"):
        choose(damaged, [tmp_path])


def test_a_run_without_benchmarks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "20261101.json"
    path.write_text('{"benchmarks": []}')
    with pytest.raises(StoreError, match=r"20261101\.json holds no benchmark"):
        choose(path, [tmp_path])
