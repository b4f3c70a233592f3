from __future__ import annotations

import errno
import json
import math
import os
import re
import secrets
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.store import files
from bench.store.decoding import sound
from bench.store.files import StoreError, read_run, run_name, write_run
from bench.store.table import newest_run

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"\d{8}T\d{6}Z-(?P<commit>[0-9a-z]+)-[0-9a-f]{6}\.json")
DOCUMENT = {"benchmarks": [{"name": "bench_epoch[one]", "stats": {"data": [0.25, 0.5]}}]}

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)
benchmarks = st.fixed_dictionaries(
    {"name": st.text(), "stats": st.just({"median": 0.25})},
    optional={"extra_info": values, "params": values},
)
documents = st.fixed_dictionaries(
    {"benchmarks": st.lists(benchmarks, max_size=3)},
    optional={"bench": values, "version": values},
)


def write(folder: Path, commit: str | None = None) -> Path:
    return write_run(folder, DOCUMENT, commit)


def raising(error: BaseException) -> Any:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


@given(documents)
def test_a_run_reads_back_as_it_was_written(document: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = write_run(Path(name), document, "1a2b3c4d5e")
        assert read_run(path) == sound(document)
        assert [path] == list(Path(name).iterdir())


@pytest.mark.parametrize(
    ("commit", "short"), [("1a2b3c4d5e6f7a8b9c", "1a2b3c4"), (None, "nogit"), ("", "nogit")]
)
def test_the_name_is_utc_time_commit_and_six_hex_digits(
    tmp_path: Path, commit: str | None, short: str
) -> None:
    match = NAME.fullmatch(write(tmp_path, commit).name)
    assert match is not None
    assert match["commit"] == short


def test_the_time_in_the_name_is_utc_wherever_the_machine_is() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    name = run_name(datetime(2026, 11, 22, 3, 4, 5, tzinfo=zone), None)
    assert name.startswith("20261121T213405Z-nogit-")


def test_folders_are_made_and_anyone_may_read_the_run(tmp_path: Path) -> None:
    path = write(tmp_path / "a" / "b")
    assert path.parent == tmp_path / "a" / "b"
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.fixture(params=[True, False], ids=["hard links", "no hard links"])
def any_file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        refusal = OSError(errno.EPERM, "Operation not permitted")
        monkeypatch.setattr(Path, "hardlink_to", raising(refusal))


@pytest.mark.usefixtures("any_file_system")
def test_a_run_is_written_on_any_file_system(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert read_run(path) == DOCUMENT
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("any_file_system")
def test_a_name_that_is_taken_is_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = datetime(2026, 11, 22, tzinfo=timezone.utc)

    class Frozen(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return frozen.astimezone(tz)

    monkeypatch.setattr(files, "datetime", Frozen)
    drawn = iter(["aaaaaa", "aaaaaa", "aaaaaa", "bbbbbb"])
    monkeypatch.setattr(secrets, "token_hex", lambda _: next(drawn))
    first = write(tmp_path)
    before = first.read_bytes()
    second = write_run(tmp_path, {"benchmarks": []}, None)
    assert (first.name[-11:], second.name[-11:]) == ("aaaaaa.json", "bbbbbb.json")
    assert first.read_bytes() == before
    assert read_run(second) == {"benchmarks": []}
    assert len(list(tmp_path.iterdir())) == 2


WRITER = """
import pathlib, sys
from bench.store.files import write_run
folder, writer = pathlib.Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(50):
    write_run(folder, {"benchmarks": [], "from": [writer, number]}, None)
"""


def test_two_writers_at_once_lose_no_run(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), writer],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for writer in ("a", "b")
    ]
    for process in writers:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in writers:
        process.communicate("go\n", timeout=600)
    assert [process.returncode for process in writers] == [0, 0]
    written = [tuple(read_run(path)["from"]) for path in folder.iterdir()]
    assert sorted(written) == [(writer, n) for writer in "ab" for n in range(50)]


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Return a folder that holds a run already."""
    write(tmp_path)
    return tmp_path


def assert_untouched(folder: Path) -> None:
    (path,) = folder.iterdir()
    assert read_run(path) == DOCUMENT


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(("owner", "call"), [(os, "fsync"), (Path, "write_text")])
def test_a_full_disk_leaves_nothing_behind(
    older: Path, monkeypatch: pytest.MonkeyPatch, owner: object, call: str
) -> None:
    monkeypatch.setattr(owner, call, raising(FULL))
    with pytest.raises(StoreError) as refused:
        write(older)
    assert str(refused.value) == (
        f"the run can't be written to {older}: No space left on device. Free space or give "
        "another folder with --results."
    )
    monkeypatch.undo()
    assert_untouched(older)


@pytest.mark.usefixtures("any_file_system")
def test_a_disk_that_is_full_when_the_run_gets_its_name_leaves_nothing_behind(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "hardlink_to", raising(FULL))
    monkeypatch.setattr(Path, "replace", raising(FULL))
    with pytest.raises(StoreError, match="No space left on device"):
        write(older)
    monkeypatch.undo()
    assert_untouched(older)


@pytest.mark.parametrize(("owner", "call"), [(os, "fsync"), (Path, "write_text")])
def test_an_interrupt_while_writing_leaves_nothing_behind(
    older: Path, monkeypatch: pytest.MonkeyPatch, owner: object, call: str
) -> None:
    monkeypatch.setattr(owner, call, raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        write(older)
    monkeypatch.undo()
    assert_untouched(older)


@pytest.mark.parametrize("below", [".", "deeper/still"])
def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "runs").write_text("a file\n")
    folder = tmp_path / "runs" / below
    with pytest.raises(StoreError) as refused:
        write(folder)
    assert str(folder) in str(refused.value)
    assert "--results" in str(refused.value)
    assert (tmp_path / "runs").read_text() == "a file\n"
    assert len(list(tmp_path.iterdir())) == 1


def test_numbers_that_json_can_not_hold_are_written_as_null(tmp_path: Path) -> None:
    document = {
        "benchmarks": [
            {"name": "a", "stats": {"median": 0.5, "data": (0.5, math.nan), "ops": math.inf}}
        ],
        "bench": {"a": [-math.inf, 1], "b": True},
    }
    path = write_run(tmp_path, document, None)
    assert "NaN" not in path.read_text()
    assert json.loads(path.read_text()) == {
        "benchmarks": [
            {"name": "a", "stats": {"median": 0.5, "data": [0.5, None], "ops": None}}
        ],
        "bench": {"a": [None, 1], "b": True},
    }


def test_what_is_no_json_value_is_written_as_text(tmp_path: Path) -> None:
    path = write_run(tmp_path, {"benchmarks": [], "folder": Path("x/y")}, None)
    assert read_run(path)["folder"] == "x/y"


WHOLE = json.dumps(DOCUMENT)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is damaged: it is not valid JSON"),
        (WHOLE[:-3].encode(), "is damaged: it is not valid JSON"),
        (WHOLE.replace(":", ";").encode(), "is damaged: it is not valid JSON"),
        (b"\xff\xfe\x00", "is damaged: it is not valid JSON"),
        (b"[" * 100_000, "is damaged: it is not valid JSON"),
        (b"[]", "is no run file: it holds no list of benchmarks"),
        (b"3", "is no run file: it holds no list of benchmarks"),
        (b"{}", "is no run file: it holds no list of benchmarks"),
        (b'{"benchmarks": {}}', "is no run file: it holds no list of benchmarks"),
        (
            b'{"benchmarks": [{"stats": {}}]}',
            "is damaged: it is no file of pytest-benchmark: benchmarks[0]: object missing",
        ),
        (
            WHOLE.replace("data", "dat").encode(),
            "is damaged: it is no file of pytest-benchmark: benchmarks[0].stats: holds neither",
        ),
    ],
)
def test_a_file_that_is_no_run_is_named(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="^" + re.escape(f"{path} {what}")):
        read_run(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"run\.json can't be read: No such file or directory"):
        read_run(tmp_path / "run.json")
    with pytest.raises(StoreError, match=r"can't be read: Is a directory"):
        read_run(tmp_path)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_lists_of_numbers_are_on_one_line_and_read_back_as_written(value: Any) -> None:
    document = {"value": value, "rounds": [1.5, -2e-9, 3, None]}
    text = files._written(document)
    assert json.loads(text) == files._finite(document)
    assert '"rounds": [1.5, -2e-09, 3, null]' in text


def test_no_more_files_are_read_than_the_newest_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"2026110{day}T000000Z-nogit-000000.json" for day in (1, 2, 3)]
    for name in names:
        (tmp_path / name).write_text('{"control": "triad"}')
    read: list[str] = []
    real = Path.read_bytes

    def noted(path: Path) -> bytes:
        read.append(path.name)
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    assert newest_run(tmp_path) == newest_run(tmp_path, "triad") == tmp_path / names[-1]
    assert set(read) == {names[-1]}


def test_a_run_that_measured_nothing_is_marked_and_never_the_newest(tmp_path: Path) -> None:
    full = write_run(tmp_path, DOCUMENT, None)
    empty = write_run(tmp_path, {"benchmarks": [], "bench": {"status": "complete"}}, None)
    late = tmp_path / f"29{empty.name}"
    empty.rename(late)
    assert json.loads(late.read_bytes())["bench"]["status"] == files.NOTHING
    assert newest_run(tmp_path) == full
    full.unlink()
    with pytest.raises(StoreError, match="there is no run"):
        newest_run(tmp_path)


@pytest.mark.parametrize("name", ["a" * 300, f"{'a' * 300}.json", "a\0", "loop"])
def test_a_name_that_can_be_no_run_is_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises((StoreError, ValueError), match=r"there is no run|can't be read|null"):
        read_run(newest_run(tmp_path / name))
