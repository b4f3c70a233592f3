from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bench.store import index, parsing
from bench.store.rule import RULE
from bench.store.table import read
from tests.store.kept_runs import assert_same, shards
from tests.store.made_up_files import own, write

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("however_small")]


@pytest.fixture
def _in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "RULE", replace(RULE, min_parallel_bytes=0))
    monkeypatch.setattr(index, "usable_cores", lambda: 2)


@pytest.mark.usefixtures("_in_processes")
def test_processes_parse_what_one_would(runs: Path, cache: Path, parsed: list[str]) -> None:
    together = read([runs], cache)
    assert not parsed
    assert len(shards(cache)) == 2
    assert_same(together, read([runs], None))


@pytest.mark.usefixtures("_in_processes")
@pytest.mark.parametrize(
    "command", ["exit 1", "cat > /dev/null; echo '{'", "kill -9 $$", "cat; exit 1"]
)
def test_what_a_process_leaves_undone_is_done_here(
    runs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str], command: str
) -> None:
    start = parsing._start
    started: list[Path] = []

    def second_fails(folder: Path) -> subprocess.Popen[bytes]:
        started.append(folder)
        if len(started) == 1:
            return start(folder)
        return subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    monkeypatch.setattr(parsing, "_start", second_fails)
    loaded = read([runs], cache)
    assert parsed == ["1.json", "3.json", "bad.json"]
    monkeypatch.undo()
    assert_same(loaded, read([runs], None))


@pytest.mark.usefixtures("_in_processes")
def test_where_no_process_can_be_started_it_is_done_here(
    runs: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert len(read([runs], cache).runs) == 6
    assert len(parsed) == 7


READER = """
import sys
from dataclasses import replace
from pathlib import Path
from bench.store import shards, table
from bench.store.rule import RULE
table.RULE = shards.RULE = replace(RULE, max_parsed_bytes=0, max_small_shards=2)
paths, cache = [Path(one) for one in sys.argv[2:]], Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for first in range(len(paths)):
    loaded = table.read(paths[first:] + paths[:first], cache)
    assert sorted(loaded.cases["batch_size"]) == [1] * len(paths), loaded
    loaded = table.read(paths[first:first + 1], cache)
    assert loaded.runs["run"].tolist() == [paths[first].stem], loaded
"""


def test_several_may_read_and_write_at_once(tmp_path: Path, cache: Path) -> None:
    paths = [write(tmp_path / "runs" / f"{n}.json", own(1)) for n in range(4)]
    cache.parent.mkdir()
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(cache), *map(str, paths[n:] + paths[:n])],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in (0, 1, 2)
    ]
    for process in readers:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    ended = [
        threading.Thread(target=process.communicate, args=("go\n",)) for process in readers
    ]
    for thread in ended:
        thread.start()
    for thread in ended:
        thread.join()
    assert [process.returncode for process in readers] == [0, 0, 0]
    assert len(read(paths, cache).runs) == 4
