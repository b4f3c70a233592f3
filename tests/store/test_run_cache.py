from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.store import parsing, table
from bench.store.rule import RULE
from bench.store.table import read
from tests.store.kept_runs import assert_same, rows_of, shards
from tests.store.made_up_files import own, own_benchmark, write

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("however_small")


def test_what_is_kept_is_as_it_was_parsed(
    runs: Path, cache: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cold = read([runs], cache)
    assert len(parsed) == 7
    warm = read([runs], cache)
    assert parsed[7:] == ["bad.json"]
    monkeypatch.setattr(table, "RULE", replace(RULE, max_parsed_bytes=10**9))
    straight = read([runs], cache)
    assert straight.runs["run"].tolist() == ["4", "3", "other", "2", "1", "0"]
    assert_same(straight, cold)
    assert_same(straight, warm)


def test_where_all_is_damaged_that_is_found_once(
    runs: Path, cache: Path, parsed: list[str]
) -> None:
    loaded = read([runs / "bad.json"], cache)
    assert (len(loaded.cases), len(loaded.runs), len(loaded.damaged)) == (0, 0, 1)
    assert parsed == ["bad.json"]


def test_only_the_columns_that_are_wanted_are_fetched(runs: Path, cache: Path) -> None:
    for _ in range(2):
        loaded = read([runs], cache, columns=["kernel", "process_seconds"])
        assert [*loaded.cases] == ["run", "taken", "kernel", "process_seconds"]
        assert len(loaded.cases) == 11


def test_runs_are_fetched_in_the_order_asked_for(runs: Path, cache: Path) -> None:
    read([runs], cache)
    paths = [runs / f"{n}.json" for n in (3, 1, 4)]
    loaded = read(paths, cache)
    assert loaded.runs["run"].tolist() == ["3", "1", "4"]
    assert loaded.cases["batch_size"].tolist() == [1, 10, 100, 1, 1, 10, 100, 1000]


@pytest.mark.slow
def test_a_new_run_adds_a_shard_and_changes_none(
    runs: Path, cache: Path, parsed: list[str]
) -> None:
    read([runs], cache)
    before = {one: one.stat().st_mtime_ns for one in cache.glob("*/*/*")}
    del parsed[:]
    write(runs / "new.json", own(3))
    loaded = read([runs], cache)
    assert sorted(parsed) == ["bad.json", "new.json"]
    assert loaded.runs["run"].tolist()[-1] == "new"
    after = {one: one.stat().st_mtime_ns for one in cache.glob("*/*/*")}
    assert before.items() < after.items()
    assert len(after) == len(before) + 2


def test_a_file_that_has_changed_is_parsed_again(
    runs: Path, cache: Path, parsed: list[str]
) -> None:
    read([runs], cache)
    path = runs / "1.json"
    told = path.stat()
    changed = own(1)
    changed["benchmarks"][0]["stats"]["median"] = 0.64
    write(path, changed)  # of the same size? then the time tells
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns + 1))
    assert read([path], cache).cases["seconds"].tolist() == [0.64]
    assert read([path], cache).cases["seconds"].tolist() == [0.64]
    assert parsed.count("1.json") == 2


def test_what_belongs_to_files_that_are_gone_is_ignored(runs: Path, cache: Path) -> None:
    read([runs], cache)
    (runs / "3.json").unlink()
    assert "3" not in set(read([runs], cache).runs["run"])


def test_shards_of_another_format_are_removed(runs: Path, cache: Path) -> None:
    (cache / "older" / "shard").mkdir(parents=True)
    read([runs], cache)
    assert not (cache / "older").exists()
    assert len(shards(cache)) == 1


def one_by_one(runs: Path, cache: Path, n_runs: int) -> None:
    for n in range(n_runs):
        read([write(runs / f"{n}.json", own(n % 3))], cache)


@pytest.mark.slow
def test_many_small_shards_become_one(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    monkeypatch.setattr("bench.store.shards.RULE", replace(RULE, max_small_shards=4))
    one_by_one(tmp_path / "runs", cache, 4)
    assert len(shards(cache)) == 4
    (tmp_path / "runs" / "0.json").unlink()
    write(tmp_path / "runs" / "1.json", own(2))
    one = write(tmp_path / "runs" / "9.json", own(1))
    abandoned, written = (shards(cache)[0].with_name(name) for name in (".old", ".new"))
    abandoned.mkdir()
    os.utime(abandoned, (0, 0))
    written.mkdir()
    del parsed[:]
    read([one], cache)
    (shard,) = shards(cache)
    # Neither the run that is gone nor the one that has changed.
    assert len(rows_of(shard / "runs.parquet")) == 3
    assert not abandoned.exists()
    assert written.exists()
    assert_same(read([tmp_path / "runs"], cache), read([tmp_path / "runs"], None))
    assert parsed[:2] == ["9.json", "1.json"]


@pytest.mark.slow
def test_large_shards_stay_as_they_are(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = replace(RULE, max_small_shards=0, small_shard_runs=2)
    monkeypatch.setattr("bench.store.shards.RULE", rule)
    for n in range(4):
        write(tmp_path / "runs" / f"{n}.json", own(1))
    read([tmp_path / "runs"], cache)
    (large,) = shards(cache)
    write(tmp_path / "runs" / "9.json", own(1))
    read([tmp_path / "runs"], cache)
    assert large in shards(cache)


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["max_shard_files", "max_shard_bytes"])
def test_a_shard_holds_only_so_much(
    runs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    rule: Any = replace(RULE, **{limit: 1})
    monkeypatch.setattr(parsing, "RULE", rule)
    read([runs], cache)
    assert len(shards(cache)) == 6


@pytest.mark.slow
def test_without_a_folder_to_keep_it_in_nothing_is_kept(
    tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = read([runs])
    assert len(loaded.runs) == 6
    assert {one.name for one in tmp_path.iterdir()} == {"runs"}
    (tmp_path / "results").mkdir()
    assert_same(read([runs]), loaded)
    assert len(shards(tmp_path / "results" / "cache" / "runs")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a[1]*?b", 'it\'s "quoted"', "ümläut", "\udcff"])
def test_any_name_of_a_folder_will_do(tmp_path: Path, name: str, parsed: list[str]) -> None:
    runs, cache = tmp_path / name / "runs", tmp_path / name / "results" / "cache"
    write(runs / f"{name}.json", own(2))
    cache.parent.mkdir()
    loaded = [read([runs], cache) for _ in range(2)]
    assert_same(*loaded)
    if name != "\udcff":  # DuckDB takes no such path: then nothing is kept
        assert len(parsed) == 1
        assert loaded[0].runs["run"].tolist() == [name]


texts = st.none() | st.text() | st.integers(-(2**70), 2**70) | st.floats() | st.booleans()
facts = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(["kernel", "loss", "batch_size", "verified", "n_bytes"], texts),
)


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 10)
@given(
    st.lists(facts, max_size=3),
    st.lists(st.floats(0, 1e300), min_size=1, max_size=4),
)
def test_whatever_a_file_holds_is_kept_as_it_was_parsed(
    tmp_path_factory: pytest.TempPathFactory, infos: list[dict[str, Any]], medians: list[float]
) -> None:
    base = tmp_path_factory.mktemp("kept")
    processes = [{"median": one} for one in medians]
    document = own(0)
    document["benchmarks"] = [
        {**own_benchmark(), "extra_info": {**info, "processes": processes}} for info in infos
    ]
    path = write(base / "run.json", json.loads(json.dumps(document)))
    (base / "results").mkdir()
    cold = read([path], base / "results" / "cache")
    warm = read([path], base / "results" / "cache")
    assert_same(cold, warm)
    assert cold.cases["process_seconds"].tolist() == [medians] * len(infos)
