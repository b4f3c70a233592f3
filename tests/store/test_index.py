from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.store import index as store_index
from bench.store import table
from bench.store.index import place
from bench.store.rule import RULE
from bench.store.table import read
from tests.store.made_up_files import own, own_benchmark, write

if TYPE_CHECKING:
    from bench.store.table import Loaded

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("however_small")


def assert_same(first: Loaded, second: Loaded) -> None:
    pd.testing.assert_frame_equal(first.cases, second.cases)
    pd.testing.assert_frame_equal(first.runs, second.runs)
    assert first.damaged == second.damaged


def n_runs(index: Path) -> int:
    with closing(sqlite3.connect(index)) as connection:
        return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])


def n_columns(index: Path) -> int:
    with closing(sqlite3.connect(index)) as connection:
        return int(connection.execute("SELECT count(*) FROM columns").fetchone()[0])


def without_index(paths: list[Path]) -> Loaded:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "RULE", replace(RULE, max_parsed_bytes=10**9))
        return read(paths)


def test_what_the_index_gives_is_as_it_was_parsed(
    runs: Path, index: Path, parsed: list[str]
) -> None:
    cold = read([runs])
    assert len(parsed) == 7
    warm = read([runs])
    assert parsed[7:] == ["bad.json"]
    assert n_runs(index) == 6
    straight = without_index([runs])
    assert straight.runs["run"].tolist() == ["4", "3", "other", "2", "1", "0"]
    assert_same(straight, cold)
    assert_same(straight, warm)


def test_where_all_is_damaged_that_is_found_once(
    runs: Path, index: Path, parsed: list[str]
) -> None:
    loaded = read([runs / "bad.json"])
    assert (len(loaded.cases), len(loaded.runs), len(loaded.damaged)) == (0, 0, 1)
    assert parsed == ["bad.json"]


def test_only_the_columns_that_are_wanted_are_fetched(runs: Path, index: Path) -> None:
    for _ in range(2):
        loaded = read([runs], columns=["kernel", "process_seconds"])
        assert [*loaded.cases] == ["run", "taken", "commit", "kernel", "process_seconds"]
        assert len(loaded.cases) == 11


def test_runs_are_fetched_in_the_order_asked_for(runs: Path, index: Path) -> None:
    read([runs])
    loaded = read([runs / f"{n}.json" for n in (3, 1, 4)])
    assert loaded.runs["run"].tolist() == ["3", "1", "4"]
    assert loaded.cases["batch_size"].tolist() == [1, 10, 100, 1, 1, 10, 100, 1000]


def test_of_a_new_run_only_that_is_read(runs: Path, index: Path, parsed: list[str]) -> None:
    read([runs])
    del parsed[:]
    write(runs / "new.json", own(3))
    assert read([runs]).runs["run"].tolist()[-1] == "new"
    assert sorted(parsed) == ["bad.json", "new.json"]


def test_a_file_that_has_changed_is_read_again(
    runs: Path, index: Path, parsed: list[str]
) -> None:
    read([runs])
    path = runs / "1.json"
    before, size = path.stat(), n_columns(index)
    changed = own(1)
    changed["benchmarks"][0]["stats"]["median"] = 0.64
    write(path, changed)  # of the same size? then the time tells
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert read([path]).cases["seconds"].tolist() == [0.64]
    assert read([path]).cases["seconds"].tolist() == [0.64]
    assert parsed.count("1.json") == 2
    assert n_columns(index) == size


def test_a_file_that_changes_all_the_time_is_read_straight(
    runs: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = store_index._add

    def later(connection: Any, added: Any) -> None:
        add(connection, added)
        write(runs / "1.json", own(2, datetime="2030-01-01T00:00:00"))

    monkeypatch.setattr(store_index, "_add", later)
    assert read([runs / "1.json"]).cases["batch_size"].tolist() == [1, 10]


def test_runs_whose_files_are_gone_are_forgotten(runs: Path, index: Path) -> None:
    read([runs])
    (runs / "3.json").unlink()
    assert "3" not in set(read([runs]).runs["run"])
    assert n_runs(index) == 6
    write(runs / "new.json", own(1))
    read([runs])
    assert n_runs(index) == 6


def test_an_old_index_of_another_version_is_removed(runs: Path, index: Path) -> None:
    old, recent = index.with_name("runs-1.sqlite"), index.with_name("runs-2.sqlite")
    for other in (old, recent):
        write(other, {})
    os.utime(old, (0, 0))
    read([runs])
    assert sorted(path.name for path in index.parent.iterdir()) == sorted(
        [recent.name, index.name]
    )


def test_another_schema_has_another_index(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("store", "stats"):
        for path in (ROOT / "bench" / room).glob("*.py"):
            copy = tmp_path / "bench" / room / path.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(store_index, "ROOT", tmp_path)
    store_index._version.cache_clear()
    assert place() == index
    with (tmp_path / "bench" / "store" / "schema.py").open("a") as schema:
        schema.write("\n")
    store_index._version.cache_clear()
    assert place() != index
    store_index._version.cache_clear()


def test_nothing_is_left_beside_the_runs(
    runs: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(runs)
    before = sorted(runs.iterdir())
    read([Path()])
    assert sorted(runs.iterdir()) == before
    assert {path.name for path in tmp_path.iterdir()} == {"runs", "cache"}


@pytest.mark.parametrize("name", ["a[1]*?b", 'it\'s "quoted"', "ümläut", "\udcff", "a\nb"])
def test_any_name_of_a_folder_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, parsed: list[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / name / "cache"))
    write(tmp_path / name / "runs" / f"{name}.json", own(2))
    first, second = (read([tmp_path / name / "runs"]) for _ in range(2))
    assert_same(first, second)
    assert len(parsed) == 1
    assert Path(first.runs["path"].iloc[0]).is_file()


texts = st.none() | st.text() | st.integers(-(2**70), 2**70) | st.floats() | st.booleans()
facts = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(["kernel", "loss", "batch_size", "verified", "n_bytes"], texts),
)


@settings(max_examples=settings().max_examples // 10)
@given(
    st.lists(facts, max_size=3),
    st.lists(st.floats(0, 1e300), min_size=1, max_size=4),
)
def test_whatever_a_file_holds_is_kept_as_it_was_parsed(
    tmp_path_factory: pytest.TempPathFactory, infos: list[dict[str, Any]], medians: list[float]
) -> None:
    base = tmp_path_factory.mktemp("kept")
    processes = [{"median": seconds} for seconds in medians]
    document = own(0)
    document["benchmarks"] = [
        {**own_benchmark(), "extra_info": {**info, "processes": processes}} for info in infos
    ]
    path = write(base / "run.json", json.loads(json.dumps(document)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(base))
        cold, warm = read([path]), read([path])
    assert_same(cold, warm)
    assert_same(cold, without_index([path]))
    assert cold.cases["process_seconds"].tolist() == [medians] * len(infos)


# Several processes.


@pytest.fixture
def _in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_index, "RULE", replace(RULE, min_parallel_bytes=0))
    monkeypatch.setattr(store_index, "usable_cores", lambda: 2)


@pytest.mark.slow
@pytest.mark.usefixtures("_in_processes")
def test_processes_read_what_one_would(runs: Path, index: Path, parsed: list[str]) -> None:
    together = read([runs])
    assert parsed == ["bad.json"]
    assert n_runs(index) == 6
    assert_same(together, without_index([runs]))


@pytest.mark.slow
@pytest.mark.usefixtures("_in_processes")
@pytest.mark.parametrize("command", ["exit 1", "kill -9 $$", "cat > /dev/null"])
def test_what_a_process_leaves_undone_is_done_here(
    runs: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    shell = tmp_path / "python"
    shell.write_text(f"#!/bin/sh\n{command}\n")
    shell.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(shell))
    assert_same(read([runs]), without_index([runs]))
    assert n_runs(index) == 6


@pytest.mark.usefixtures("_in_processes")
def test_where_no_process_can_be_started_it_is_done_here(
    runs: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert_same(read([runs]), without_index([runs]))
    assert n_runs(index) == 6


#: Reads all runs, those that are added meanwhile too, until it is killed or told to end.
READER = """
import sys
from dataclasses import replace
from pathlib import Path
from bench.store import table
table.RULE = replace(table.RULE, max_parsed_bytes=0)
paths = [Path(name) for name in sys.argv[2:]]
print("ready", flush=True)
sys.stdin.readline()
for first in range(int(sys.argv[1])):
    chosen = paths[first % len(paths):] + paths[:first % len(paths)]
    loaded = table.read(chosen)
    assert sorted(loaded.cases["batch_size"]) == [1] * len(paths), loaded
    loaded = table.read(chosen[:1])
    assert loaded.runs["run"].tolist() == [chosen[0].stem], loaded
"""
WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from bench.store import table
from tests.store.made_up_files import own, write
table.RULE = replace(table.RULE, max_parsed_bytes=0)
folder, name = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for n in range(6):
    write(folder / f"{name}-{n}.json", own(1))
    loaded = table.read([folder])
    assert f"{name}-{n}" in set(loaded.runs["run"]), loaded
    assert len(loaded.cases) == len(loaded.runs), loaded
    assert not loaded.damaged
"""


def started(source: str, *arguments: object) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", source, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process


@pytest.mark.slow
def test_eight_write_and_four_read_at_once_and_some_are_killed(
    tmp_path: Path, index: Path
) -> None:
    folder = tmp_path / "runs"
    paths = [write(folder / f"{n}.json", own(1)) for n in range(4)]
    writers = [started(WRITER, folder, name) for name in "abcdefgh"]
    readers = [started(READER, 12, *paths) for _ in range(2)]
    killed = [started(READER, 10**9, *paths) for _ in range(2)]
    for process in [*writers, *readers, *killed]:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    answers: dict[subprocess.Popen[str], str] = {}

    def end(process: subprocess.Popen[str]) -> None:
        answers[process] = process.communicate("go\n")[1]

    threads = [
        threading.Thread(target=end, args=[process])
        for process in [*writers, *readers, *killed]
    ]
    for thread in threads:
        thread.start()
    for thread in threads[: len(writers)]:
        thread.join()
    for process in killed:
        process.kill()
    for thread in threads:
        thread.join()
    assert [answers[process] for process in [*writers, *readers]] == [""] * 10
    assert_same(read([folder]), without_index([folder]))
    assert n_runs(index) == 4 + 6 * 8
