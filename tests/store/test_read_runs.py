from __future__ import annotations

import json
import math
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bench.stats.medians import median_interval
from bench.store import tidy
from bench.store.files import read_run
from bench.store.schema import CASES, RUNS, Kind
from bench.store.table import read
from tests.store.made_up_files import ROUNDS, foreign, own, write

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "results" / "reference"


def cases_of(tmp_path: Path, document: dict[str, Any]) -> list[dict[Any, Any]]:
    loaded = read([write(tmp_path / "run.json", document)])
    assert not loaded.damaged
    return [dict(row) for row in loaded.cases.to_dict("records")]


def test_a_case_of_this_suite_is_read(tmp_path: Path) -> None:
    (row,) = cases_of(tmp_path, own(1))
    expected = {
        "run": "run",
        "taken": pd.Timestamp(2026, 11, 22, 19, 1, 19, 545497, tz="UTC"),
        "name": "bench_epoch[airfoil-nd.fused-cpu(0)-inmemory-B1]",
        "params": '{"batch_size":1,"kernel":"nd.fused","workload":"airfoil"}',
        "case": "epoch",
        "kernel": "nd.fused",
        "batch_size": 1,
        "seconds": 0.32,
        "seconds_low": 0.25,
        "seconds_high": 0.5,
        "between_low": 0.31,
        "between_high": 0.375,
        "between_confidence": 0.5,
        "process_seconds": [0.375, 0.315],
        "rounds": 7,
        "iterations": 3,
        "minimum": 0.25,
        "maximum": 0.5,
        "disturbed_rounds": 1,
        "untrusted": False,
        "warm_up_settled": False,
        "host_case_bytes": 4096,
        "host_peak_is_exact": True,
    }
    assert {name: row[name] for name in expected} == expected
    missing = ("allocator_peak_bytes", "control", "n_bytes", "q1", "device_seconds")
    assert all(pd.isna(row[name]) for name in missing)


def test_the_facts_of_a_run_are_read(tmp_path: Path) -> None:
    (row,) = read([write(tmp_path / "one.json", own(2))]).runs.to_dict("records")
    assert json.loads(row.pop("fingerprint"))["cpu_model"] == "Chip 9000"
    assert row == {
        "run": "one",
        "path": str(tmp_path / "one.json"),
        "taken": pd.Timestamp(2026, 11, 22, 19, 1, 19, 545497, tz="UTC"),
        "commit": "a" * 40,
        "dirty": True,
        "branch": "main",
        "node": "example",
        "cpu_model": "Chip 9000",
        "gpus": "GPU A, GPU B",
        "os": "Debian",
        "kernel_release": "Linux 6",
        "python": "3.11.7",
        "numpy": "1.26.4",
        "fingerprint_id": "0123456789ab",
        "volatile": '{"load_average":[1.0]}',
        "preset": "quick",
        "status": "complete",
        "processes": 2,
        "command": '["run"]',
        "took_seconds": 60.5,
        "n_cases": 2,
        "n_skipped": 3,
        "n_failed": 0,
        "n_incidents": 1,
        "pytest_benchmark_version": "5.3.1",
    }


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.json")), ids=lambda one: one.stem)
def test_a_stored_run_says_what_its_document_says(path: Path) -> None:
    document = read_run(path)
    table, loaded = tidy.frame(document), read([path])
    assert len(table) == loaded.runs["n_cases"].item() == len(loaded.cases)
    for name in (
        "name",
        "seconds",
        "rounds",
        "kernel",
        "batch_size",
        "loss",
        "warm_up_settled",
    ):
        expected = table[name].astype(loaded.cases[name].dtype)
        pd.testing.assert_series_equal(loaded.cases[name], expected)
    intervals = [one["extra_info"].get("interval") for one in document["benchmarks"]]
    told = loaded.cases[["seconds_low", "seconds_high"]].to_numpy()
    np.testing.assert_array_equal(told, [one or [np.nan] * 2 for one in intervals])
    processes = [one["extra_info"].get("processes") for one in document["benchmarks"]]
    assert loaded.cases["process_seconds"].tolist() == [
        [one["median"] for one in several] if several else [seconds]
        for several, seconds in zip(processes, table["seconds"], strict=True)
    ]


def test_the_fast_rounds_of_processes_are_read_or_computed_from_their_rounds(
    tmp_path: Path,
) -> None:
    data = [5.0, 1.0, 2.0, 3.0, 4.0, 9.0, 7.0]
    document = own(1)
    benchmark = document["benchmarks"][0]
    benchmark["stats"]["data"] = data
    parts = [{"median": 3.0, "rounds": [0, 5]}, {"median": 8.0, "rounds": [5, 7]}]
    benchmark["extra_info"]["processes"] = parts
    (row,) = cases_of(tmp_path, document)
    assert row["process_fifth_percentiles"] == pytest.approx([1.2, 7.1])
    for one in parts:
        one["fifth_percentile"] = 0.5
    (row,) = cases_of(tmp_path, document)
    assert row["process_fifth_percentiles"] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("told", "expected"),
    [((1e-4, 2e-4), [1e-4, 2e-4]), ((1e-4, None), []), ((1e-4, "a"), []), ((None, None), [])],
)
def test_the_yardstick_is_read_where_all_processes_have_it(
    tmp_path: Path, told: tuple[object, object], expected: list[float]
) -> None:
    document = own(1)
    document["benchmarks"][0]["extra_info"]["processes"] = [
        {"median": 3.0, "yardstick_seconds": one} for one in told
    ]
    (row,) = cases_of(tmp_path, document)
    assert row["process_yardsticks"] == expected


@pytest.mark.parametrize("rounds", [None, [0, 2, 3, 4], ["a", "b"], [8, 9], 3])
def test_without_rounds_of_a_process_there_are_no_fast_ones(
    tmp_path: Path, rounds: object
) -> None:
    document = own(1)
    benchmark = document["benchmarks"][0]
    benchmark["stats"]["data"] = [1.0, 2.0]
    benchmark["extra_info"]["processes"] = [{"median": 3.0, "rounds": rounds}]
    (row,) = cases_of(tmp_path, document)
    assert row["process_fifth_percentiles"] == []


def test_without_an_interval_it_is_computed_from_the_rounds(tmp_path: Path) -> None:
    document = foreign()
    document["benchmarks"][0]["stats"]["data"] = ROUNDS
    (row,) = cases_of(tmp_path, document)
    assert (row["seconds_low"], row["seconds_high"]) == median_interval(ROUNDS)
    assert row["seconds"] == 0.5  # as the file says
    assert row["process_seconds"] == [0.5]


def test_rounds_alone_will_do(tmp_path: Path) -> None:
    benchmark = {"name": "a", "stats": {"data": [3, 1.0, 2.0]}}
    (row,) = cases_of(tmp_path, {"benchmarks": [benchmark]})
    assert (row["seconds"], row["rounds"], row["fullname"]) == (2.0, 3, "a")
    assert math.isnan(row["seconds_low"])
    assert row["taken"] is pd.NaT


def test_a_run_without_cases_is_one(tmp_path: Path) -> None:
    loaded = read([write(tmp_path / "a.json", own(0))])
    assert (len(loaded.cases), len(loaded.runs), loaded.damaged) == (0, 1, ())


def test_cases_of_one_name_are_all_kept(tmp_path: Path) -> None:
    document = own(1)
    document["benchmarks"] *= 2
    assert len(cases_of(tmp_path, document)) == 2


@pytest.mark.parametrize("documents", [[], [own(0)], [own(2)], [own(2), foreign()]])
def test_columns_are_as_documented_whatever_was_read(
    tmp_path: Path, documents: list[dict[str, Any]]
) -> None:
    paths = [
        write(tmp_path / f"{place}.json", document) for place, document in enumerate(documents)
    ] or [write(tmp_path / "damaged.json", {})]
    loaded = read(paths)
    for table, columns in ((loaded.cases, CASES), (loaded.runs, RUNS)):
        assert {name: str(dtype) for name, dtype in table.dtypes.items()} == {
            one.name: one.kind.value for one in columns
        }
        assert [*table.index] == [*range(len(table))]


def test_only_the_columns_that_are_wanted_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", own())
    loaded = read([path], columns=["seconds", "kernel"])
    assert [*loaded.cases] == ["run", "taken", "commit", "kernel", "seconds"]


def test_a_number_that_is_too_large_is_missing(tmp_path: Path) -> None:
    path = write(tmp_path / "run.json", own(1))
    path.write_text(path.read_text().replace('"loss": 0.25', '"loss": 1e999'))
    (row,) = read([path]).cases.to_dict("records")
    assert math.isnan(row["loss"])


def test_numbers_are_taken_for_what_a_column_holds(tmp_path: Path) -> None:
    document = own(1)
    document["benchmarks"][0]["extra_info"] |= {
        "batch_size": 10.0,
        "n_samples": 10.5,
        "n_features": True,
        "n_bytes": 2**63,
        "loss": 3,
        "loss_initial": "3",
        "loss_optimum": True,
        "kernel": ["nd.fused"],
        "verified": 1,
        "interval": [0.1],
        "processes": [{"median": 0.5}, {}],
    }
    (row,) = cases_of(tmp_path, document)
    assert (row["batch_size"], row["loss"]) == (10, 3.0)
    missing = (
        "n_samples",
        "n_features",
        "n_bytes",
        "kernel",
        "verified",
        "loss_initial",
        "loss_optimum",
    )
    assert all(pd.isna(row[name]) for name in missing)
    assert row["process_seconds"] == [0.32]
    assert row["seconds_low"] == median_interval(ROUNDS)[0]  # type: ignore[index]


def test_what_only_python_writes_as_json_is_read(tmp_path: Path) -> None:
    document = own(1)
    document["benchmarks"][0]["stats"] |= {"mean": math.nan, "max": math.inf, "min": -math.inf}
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), encoding="utf-8-sig")
    (row,) = read([path]).cases.to_dict("records")
    assert row["seconds"] == 0.32
    assert [math.isnan(row[name]) for name in ("mean", "maximum", "minimum")] == [True] * 3


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-11-22T19:00:00", 19),
        ("2026-11-22T19:00:00Z", 19),
        ("2026-11-22T19:00:00.000000+02:00", 17),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        (1700000000, None),
    ],
)
def test_a_time_is_in_utc(tmp_path: Path, written: object, hour: int | None) -> None:
    (row,) = cases_of(tmp_path, own(1, datetime=written))
    expected = None if hour is None else datetime(2026, 11, 22, hour, tzinfo=timezone.utc)
    assert row["taken"] == expected if expected else row["taken"] is pd.NaT


def test_every_kind_of_column_is_used() -> None:
    assert {one.kind for one in (*CASES, *RUNS)} == {*Kind}
