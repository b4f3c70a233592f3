"""Files that released versions of pytest-benchmark have written: see ``files/``."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.store import tidy
from bench.store.decoding import sound
from bench.store.files import read_run
from bench.store.table import lacking, read

FILES = Path(__file__).parent / "files"
SAVED = ["pytest-benchmark-3.4.1-saved", "pytest-benchmark-5.3.1-saved"]
WITH_ROUNDS = "pytest-benchmark-4.0.0-rounds"


def test_all_of_them_are_read() -> None:
    loaded = read([FILES])
    assert not loaded.damaged
    assert loaded.runs["run"].tolist() == [SAVED[0], WITH_ROUNDS, SAVED[1]]
    assert loaded.runs["pytest_benchmark_version"].tolist() == ["3.4.1", "4.0.0", "5.3.1"]
    assert loaded.cases["name"].tolist() == ["test_sum[10]", "test_sum[100]", "test_join"] * 3


@pytest.mark.parametrize("stem", [*SAVED, WITH_ROUNDS])
def test_the_statistics_are_those_of_the_file(stem: str) -> None:
    path = FILES / f"{stem}.json"
    cases = read([path]).cases
    written = [one["stats"] for one in json.loads(path.read_text())["benchmarks"]]
    for column, field in (
        ("seconds", "median"),
        ("mean", "mean"),
        ("stddev", "stddev"),
        ("minimum", "min"),
        ("maximum", "max"),
        ("q1", "q1"),
        ("q3", "q3"),
        ("rounds", "rounds"),
        ("iterations", "iterations"),
    ):
        assert cases[column].tolist() == [one[field] for one in written]
    assert cases["process_seconds"].tolist() == [[one["median"]] for one in written]
    assert cases["params"].tolist() == ['{"n":10}', '{"n":100}', pd.NA]
    assert cases["group"].tolist() == [pd.NA, pd.NA, "join"]
    assert cases["kernel"].isna().all()  # there it is a list of texts
    assert cases["case"].isna().all()


def test_an_interval_needs_the_rounds_and_enough_of_them() -> None:
    low, high, seconds = (
        read([FILES / f"{WITH_ROUNDS}.json"]).cases[name].tolist()
        for name in ("seconds_low", "seconds_high", "seconds")
    )
    assert low[0] < seconds[0] < high[0]
    assert low[1] < seconds[1] < high[1]
    assert math.isnan(low[2])  # three rounds
    assert read([FILES / f"{SAVED[0]}.json"]).cases["seconds_low"].isna().all()


def test_what_they_tell_of_the_machine_has_the_names_of_a_fingerprint() -> None:
    runs = read([FILES]).runs
    for row in runs.to_dict("records"):
        assert json.loads(row["fingerprint"]) == {
            "cpu_model": "AMD EPYC",
            "cores_logical": 2,
            "machine": "x86_64",
            "os": "Linux",
            "kernel": "Linux 6.1.0",
            "python": "3.11.7",
            "python_implementation": "CPython",
        }
        assert (row["cpu_model"], row["kernel_release"]) == ("AMD EPYC", "Linux 6.1.0")
        assert row["node"] == "example"
    for name in ("fingerprint_id", "commit", "dirty", "branch", "status", "gpus", "n_skipped"):
        assert runs[name].isna().all()


@pytest.mark.parametrize("stem", [*SAVED, WITH_ROUNDS])
def test_one_run_as_a_table_is_the_same(stem: str) -> None:
    path = FILES / f"{stem}.json"
    table = tidy.frame(read_run(path))
    cases = read([path]).cases
    assert table["seconds"].tolist() == cases["seconds"].tolist()
    assert table["rounds"].tolist() == cases["rounds"].tolist()
    assert table["size"].tolist()[:2] == [10, 100]


@pytest.mark.parametrize("lacks", [{}, {"stats": None}, {"stats": []}, {"stats": {"min": 1}}])
def test_a_benchmark_without_statistics_is_left_out_and_told_as_failed(
    tmp_path: Path, lacks: dict[str, Any]
) -> None:
    stats = {"median": 0.25, "rounds": 3}
    benchmarks = [{"name": "a", "fullname": "t.py::a", **lacks}, {"name": "b", "stats": stats}]
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"benchmarks": benchmarks}))
    loaded = read([path])
    assert loaded.cases["name"].tolist() == ["b"]
    assert loaded.runs[["n_cases", "n_failed"]].to_numpy().tolist() == [[1, 1]]
    assert list(lacking(loaded.runs)) == [
        f"{path}: t.py::a was left out (failed: it has neither a median nor rounds)."
    ]
    assert [one["name"] for one in read_run(path)["benchmarks"]] == ["b"]
    path.write_text(json.dumps({"benchmarks": benchmarks, "bench": {"format": 1}}))
    assert read([path]).damaged, "a run of this suite is whole or damaged"


def test_a_file_without_benchmarks_says_so(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text('{"benchmarks": []}')
    assert list(lacking(read([path]).runs)) == [f"{path} holds no benchmark."]


ODD: list[Any] = [None, True, 3, "text", [], [1], [None], [{}], {}, {"a": 1}, [{"warm_up": 3}]]


@pytest.mark.parametrize(
    "name", ["warm_up", "processes", "name", "seconds", "case", "interval"]
)
def test_odd_facts_are_no_traceback_in_the_table_of_one_run(name: str) -> None:
    stats = {"median": 0.25, "rounds": 3}
    benchmarks = [{"name": "a", "stats": stats, "extra_info": {name: odd}} for odd in ODD]
    table = tidy.frame(sound({"benchmarks": benchmarks}))
    assert table["name"].tolist() == ["a"] * len(ODD)
    assert table["seconds"].tolist() == [0.25] * len(ODD)


def test_odd_rounds_and_facts_are_no_traceback_in_the_table_of_one_run() -> None:
    benchmarks = [
        {"name": "a", "stats": {"median": 0.25, "rounds": 3, "data": odd}, "extra_info": odd}
        for odd in ODD
        if odd != [1]
    ]
    table = tidy.frame(sound({"benchmarks": benchmarks}))
    assert table["seconds"].tolist() == [0.25] * len(benchmarks)
    assert table["rounds"].tolist() == [3] * len(benchmarks)
