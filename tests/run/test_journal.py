"""The journal: what is in it stays in it, whatever ends the one who writes."""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from bench.plan.tasks import Cause, Outcome, Pass
from bench.run.runner import FOLDER, Journal, newest_journal, read_journal, unfinished
from bench.store.files import StoreError

if TYPE_CHECKING:
    from pathlib import Path

ASKED = {"asked": {"preset": "quick"}}
MEASURED = Outcome(2, "bench_epoch[a]", Pass.TIME, 0.5, {"rounds": [[1.0, 2.0, 1]]})
CRASHED = Outcome(0, "bench_epoch[b]", Pass.MEMORY, 1.5, None, Cause.CRASH, "crash: it ended")


def written(path: Path) -> Path:
    journal = Journal(path)
    journal.write(ASKED)
    journal.add(MEASURED)
    journal.add(CRASHED)
    journal.close()
    return path


def test_it_reads_back_as_written(tmp_path: Path) -> None:
    path = written(tmp_path / FOLDER / "one.jsonl")
    assert read_journal(path) == (ASKED["asked"], [MEASURED, CRASHED])
    assert unfinished(tmp_path) == [path]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6))
def test_cut_off_anywhere_it_gives_all_lines_that_were_whole(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path / "one.jsonl")
    text = path.read_bytes()
    cut %= len(text) + 1
    path.write_bytes(text[:cut])
    whole = text[:cut].count(b"\n")
    if whole == 0:
        with pytest.raises(StoreError, match="is no journal"):
            read_journal(path)
    else:
        assert read_journal(path)[1] == [MEASURED, CRASHED][: whole - 1]
        # Going on after the cut leaves a journal that can be read.
        journal = Journal(path)
        journal.add(CRASHED)
        journal.close()
        assert read_journal(path)[1] == [*[MEASURED, CRASHED][: whole - 1], CRASHED]
    path.unlink()


def test_no_second_writer_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    journal = Journal(path)
    with pytest.raises(StoreError, match="belongs to a run that is still going on"):
        Journal(path)
    journal.close()
    Journal(path).close()


def test_a_finished_run_leaves_no_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / FOLDER / "one.jsonl")
    journal.remove()
    journal.close()
    assert unfinished(tmp_path) == []


@pytest.mark.parametrize("text", ["", "x\n", "[]\n", "{}\n", '{"asked": 1}\n{"what": 2}\n'])
def test_what_is_no_journal_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(text)
    with pytest.raises(StoreError, match="is damaged: it is no journal of a run"):
        read_journal(path)
    with pytest.raises(StoreError, match="can't be read"):
        read_journal(tmp_path / "another.jsonl")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"can't be written to .*Free space or give another"):
        Journal(tmp_path / "file" / "one.jsonl")


def test_on_a_full_disk_the_lines_before_stay_and_no_part_of_one_is_left(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "one.jsonl")
    size = path.stat().st_size
    # A limit on the size of files stands for the end of a disk.
    program = textwrap.dedent(
        """
        import resource, signal, sys
        from pathlib import Path
        from bench.run.runner import Journal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        journal = Journal(Path(sys.argv[1]))
        limit = int(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            journal.write({"outcome": "x" * 10_000})
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(size + 100)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},  # noqa: PTH109
    )
    assert done.stdout.startswith("StoreError: the run can't be written to")
    assert path.stat().st_size == size
    assert read_journal(path)[1] == [MEASURED, CRASHED]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != size + 100


def test_every_line_is_json_of_its_own(tmp_path: Path) -> None:
    lines = written(tmp_path / "one.jsonl").read_text().splitlines()
    assert [*map(len, map(json.loads, lines))] == [1, 1, 1]


@pytest.mark.parametrize("torn", ["", '{"asked"', "[1]\n", "null\n", '{"asked": 1}\n[]\n'])
def test_an_older_journal_is_taken_where_the_newest_is_damaged(
    tmp_path: Path, torn: str
) -> None:
    good = written(tmp_path / FOLDER / "20261101.jsonl")
    (tmp_path / FOLDER / "20261102.jsonl").write_text(torn)
    said = io.StringIO()
    assert newest_journal(tmp_path, Console(file=said)) == good
    assert "20261102.jsonl is damaged" in said.getvalue().replace("\n", "")
    good.unlink()
    with pytest.raises(StoreError, match="that can be read"):
        newest_journal(tmp_path, Console(file=said))
