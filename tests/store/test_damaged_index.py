"""Fifty ways to damage the index: what is read stays as it is without one."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from bench.store import index as store_index
from bench.store.index import place
from bench.store.rule import RULE
from bench.store.table import read
from tests.store.made_up_files import own, write
from tests.store.test_index import assert_same, without_index

if TYPE_CHECKING:
    from collections.abc import Callable

    Damage = Callable[[Path], object]

pytestmark = pytest.mark.usefixtures("however_small")


def cut(size: int) -> Damage:
    return lambda index: os.truncate(index, size if size >= 0 else index.stat().st_size + size)


def overwrite(at: int, content: bytes) -> Damage:
    def damage(index: Path) -> None:
        size = index.stat().st_size
        with index.open("r+b") as file:
            file.seek(at % size)
            file.write(content[: size - at % size])

    return damage


def scatter(seed: int) -> Damage:
    """Change single bytes, of one page in four at least."""

    def damage(index: Path) -> None:
        content = bytearray(index.read_bytes())
        rng = random.Random(seed)
        for _ in range(1 + len(content) // 16384):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        index.write_bytes(content)

    return damage


def content(written: bytes) -> Damage:
    return lambda index: index.write_bytes(written)


def sql(*statements: str) -> Damage:
    def damage(index: Path) -> None:
        with closing(sqlite3.connect(index)) as connection:
            for statement in statements:
                connection.executescript(statement)

    return damage


def instead(make: Callable[[Path], object], end: str = "") -> Damage:
    """Put something else in the place of one of the index's files."""

    def damage(index: Path) -> None:
        path = index.with_name(index.name + end)
        path.unlink(missing_ok=True)
        make(path)

    return damage


def other_database(index: Path) -> None:
    index.unlink()
    with closing(sqlite3.connect(index)) as connection:
        connection.execute("CREATE TABLE letters (id INTEGER PRIMARY KEY, letter TEXT)")
        connection.commit()


def not_in_the_home(index: Path) -> None:
    shutil.rmtree(index.parent)
    index.parent.write_bytes(b"")


def read_only(index: Path) -> None:
    index.chmod(0o400)
    index.parent.chmod(0o500)


#: What is done to it, by name.
DAMAGES: dict[str, Damage] = {
    **{f"cut at {size}": cut(size) for size in (0, 1, 15, 100, 4095, 4096, 8192, -1, -4096)},
    **{f"zeros at {at}": overwrite(at, bytes(4096)) for at in (0, 4096, 8192, 12288, -4096)},
    **{f"ones at {at}": overwrite(at, b"\xff" * 300) for at in (0, 18, 28, 100, 4096, -9000)},
    **{f"scattered {seed}": scatter(seed) for seed in range(10)},
    "empty": content(b""),
    "a text": content(b"no database\n" * 999),
    "another kind of file": content(b"PAR1" + bytes(5000) + b"PAR1"),
    "a header alone": content(b"SQLite format 3\0"),
    "another database": other_database,
    "no runs": sql("DROP TABLE runs"),
    "no columns": sql("DROP TABLE columns"),
    "runs without columns": sql("DELETE FROM columns"),
    "a column that is gone": sql("DELETE FROM columns WHERE id % 256 = 7"),
    "facts that are gone": sql("DELETE FROM columns WHERE id % 256 = 0"),
    "columns without runs": sql("DELETE FROM runs"),
    "runs that are mixed up": sql(
        "UPDATE runs SET id = 1000 + id; UPDATE runs SET id = 1001 + (id + 1) % 3 + 1000"
        " WHERE id < 1003"
    ),
    "columns that are mixed up": sql(
        "DELETE FROM columns WHERE id % 256 = 9;"
        "INSERT INTO columns SELECT id + 1, packed FROM columns WHERE id % 256 = 8"
    ),
    "nothing in them": sql("UPDATE columns SET packed = NULL"),
    "empty ones": sql("UPDATE columns SET packed = x''"),
    "numbers in them": sql("UPDATE columns SET packed = 17"),
    "texts in them": sql("UPDATE columns SET packed = 'text'"),
    "others in them": sql("UPDATE columns SET packed = randomblob(length(packed))"),
    "cut ones": sql("UPDATE columns SET packed = substr(packed, 1, length(packed) - 1)"),
    "longer ones": sql("UPDATE columns SET packed = CAST(packed || x'00' AS BLOB)"),
    "all of one run": sql(
        "UPDATE columns SET packed = (SELECT packed FROM columns AS other"
        " WHERE other.id % 256 = columns.id % 256)"
    ),
    "sizes that are others": sql("UPDATE runs SET size = size + 1"),
    "sizes that are none": sql("UPDATE runs SET size = 'large'"),
    "names that are others": sql("UPDATE runs SET source = source || '.json'"),
    "a trigger that refuses": sql(
        "CREATE TRIGGER no BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'no'); END",
        "DELETE FROM runs",
    ),
    "another journal": sql("PRAGMA journal_mode = delete"),
    "one column more": sql("ALTER TABLE columns ADD COLUMN more TEXT"),
    "a FIFO": instead(os.mkfifo),
    "a folder": instead(Path.mkdir),
    "a link to itself": instead(lambda path: path.symlink_to(path.name)),
    "a link to nothing": instead(lambda path: path.symlink_to("nothing")),
    "a link to a device": instead(lambda path: path.symlink_to("/dev/zero")),
    "a FIFO for the log": instead(os.mkfifo, "-wal"),
    "a folder for the log": instead(Path.mkdir, "-wal"),
    "a log of something else": instead(lambda path: path.write_bytes(b"\x37" * 9999), "-wal"),
    "a FIFO for the journal": instead(os.mkfifo, "-journal"),
    "a journal of something else": instead(
        lambda path: path.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(9999)),
        "-journal",
    ),
    "a FIFO for the map": instead(os.mkfifo, "-shm"),
    "a map of something else": instead(lambda path: path.write_bytes(b"\x37" * 40000), "-shm"),
    "a file for its folder": not_in_the_home,
    "no folder": lambda index: shutil.rmtree(index.parent),
    "not to be written": read_only,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_index_is_never_worse_than_none(
    runs: Path, index: Path, damage: Damage
) -> None:
    read([runs])
    damage(index)
    try:
        for _ in range(2):
            assert_same(read([runs]), without_index([runs]))
        write(runs / "new.json", own(2))
        for _ in range(2):
            assert_same(read([runs]), without_index([runs]))
    finally:
        index.parent.chmod(0o700)


def test_there_are_fifty_of_them() -> None:
    assert len(DAMAGES) >= 50


@pytest.mark.parametrize("name", ["scattered 1", "a text", "no columns", "cut at 4096"])
def test_a_damaged_index_is_made_anew(
    runs: Path, index: Path, parsed: list[str], name: str
) -> None:
    read([runs])
    DAMAGES[name](index)
    read([runs])
    del parsed[:]
    read([runs])
    assert parsed == ["bad.json"]


@pytest.mark.parametrize(
    "home", ["", "relative", "/dev/null", "/proc", "/proc/nowhere", "{}/file", "{}/fifo", "{}"]
)
def test_wherever_the_cache_is_said_to_be(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", home.format(tmp_path))
    assert_same(read([runs]), without_index([runs]))
    assert (tmp_path / "home").exists() == (home in {"", "relative"})


def test_without_a_home_there_is_no_index(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> NoReturn:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert_same(read([runs]), without_index([runs]))


def test_while_another_process_holds_it_runs_are_read_straight(
    runs: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read([runs])
    write(runs / "new.json", own(1))
    monkeypatch.setattr(store_index, "RULE", replace(RULE, lock_seconds=0.01))
    with closing(sqlite3.connect(index)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert_same(read([runs]), without_index([runs]))
    assert index.exists()
    assert_same(read([runs]), without_index([runs]))


def test_on_a_full_disk_runs_are_read_straight(
    runs: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise sqlite3.OperationalError("database or disk is full")

    read([runs])
    write(runs / "new.json", own(1))
    monkeypatch.setattr(store_index, "_add", full)
    assert_same(read([runs]), without_index([runs]))
    assert place() == index
    assert index.exists()


def test_ctrl_c_leaves_no_half_of_a_run(
    runs: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = []

    def stopped(connection: sqlite3.Connection, source: str) -> None:
        added.append(source)
        if len(added) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(store_index, "_remove", stopped)
    with pytest.raises(KeyboardInterrupt):
        read([runs])
    with closing(sqlite3.connect(index)) as connection:
        assert connection.execute("SELECT * FROM runs").fetchall() == []
