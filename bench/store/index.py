"""The index of stored runs: what was read of run files, kept so that each is read once.

One SQLite file in the user's cache folder, named after the code that decides what it holds.
It is derived and disposable: whatever is wrong with it, the run files are read instead, and
every value that it gives carries a checksum over itself and what it belongs to. SQLite lets
several processes read and write at once, and survives those that are killed.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import secrets
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from bench.store.arrays import array, packed, unpacked
from bench.store.files import size_of
from bench.store.rows import FACTS, OWN, Batch, parse
from bench.store.rule import RULE
from bench.store.schema import Column

ROOT = Path(__file__).resolve().parents[2]
#: ``packed`` holds column ``id % 256`` of run ``id // 256``; column 0 holds the run's facts.
TABLES = """
PRAGMA journal_mode = wal;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, source TEXT UNIQUE, size INTEGER, changed INTEGER
);
CREATE TABLE columns (id INTEGER PRIMARY KEY, packed BLOB);
"""
SLOTS = 256
SELECT = """
SELECT packed FROM json_each(?) AS wanted CROSS JOIN columns
ON columns.id = 256 * wanted.value + ? ORDER BY wanted.key
"""
#: Says nothing of the file: another process holds it, or there is no space.
PASSING = ("database is locked", "database or disk is full")


@dataclass(frozen=True)
class Fetched:
    """Columns of cases and runs, in the order of the files; why other files are no runs."""

    files: Sequence[Path]
    cases: Mapping[str, Any]
    runs: Mapping[str, Any]
    damaged: Mapping[Path, str]


# Where the index is.


def place() -> Path:
    """Return the file of the index, below ``XDG_CACHE_HOME``, or ``.cache`` at home.

    Raises RuntimeError when there is no home.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return folder / "minibatch-bench" / f"runs-{_version()}.sqlite"


@lru_cache(maxsize=1)
def _version() -> str:
    """Name the schema and the code that reads a run: all of this room, and of ``stats``."""
    digest = hashlib.sha256()
    for room in ("store", "stats"):
        for path in sorted((ROOT / "bench" / room).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _files_of(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in ("", "-wal", "-shm", "-journal")]


def _open(path: Path) -> sqlite3.Connection:
    """Open the index; make it where there is none.

    Raises OSError where something else than a file is in its place, such as a FIFO.
    """
    for file in _files_of(path):
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(file.stat().st_mode):
                raise OSError(f"{file} is no file")
    if not path.exists():
        _make(path)
    return sqlite3.connect(path, timeout=RULE.lock_seconds, isolation_level=None)


def _make(path: Path) -> None:
    """Make an empty index under another name, and give it its own; remove forgotten ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for other in path.parent.glob("runs-*"):
        with suppress(OSError):
            if time.time() - other.stat().st_mtime > RULE.forgotten_seconds:
                other.unlink()
    new = path.with_name(f"runs-{secrets.token_hex(8)}.new")
    try:
        with closing(sqlite3.connect(new)) as connection:
            connection.executescript(TABLES)
        with suppress(FileExistsError):  # another process was faster
            os.link(new, path)
    finally:
        for file in _files_of(new):
            file.unlink(missing_ok=True)


def _discard(path: Path) -> None:
    """Remove the index."""
    for file in _files_of(path):
        with suppress(OSError):
            if stat.S_ISREG(file.lstat().st_mode):
                file.unlink()


# What is kept, with a checksum over it and what it belongs to.

#: Absolute path of a run file as a text that any database takes, its size in bytes, and when it
#: was last changed, in ns.
Source = tuple[str, int, int]


def _checksum(payload: bytes, source: Source, slot: int) -> bytes:
    return zlib.crc32(payload, zlib.crc32(repr((source, slot)).encode())).to_bytes(4, "big")


def _payload(sealed: Any, source: Source, slot: int) -> bytes:
    """Return what was sealed; ValueError when it is not what was written there."""
    if type(sealed) is not bytes or sealed[:4] != _checksum(sealed[4:], source, slot):
        raise ValueError("the checksum is wrong")
    return sealed[4:]


# What is asked for.


def fetch(files: Sequence[Path], wanted: Sequence[Column]) -> Fetched | None:
    """Fetch runs, of their cases the wanted columns; those that the index lacks are added.

    Paths are absolute. None where that fails, as on a full disk: read the files then.
    """
    for _ in range(2):  # a damaged index is removed, and made anew
        try:
            path = place()
            with closing(_open(path)) as connection:
                damaged = _complete(connection, path, files)
                return _fetch(connection, files, wanted, damaged)
        except (OSError, RuntimeError):
            return None
        except (sqlite3.Error, ValueError, msgspec.MsgspecError, zlib.error) as error:
            if str(error) in PASSING:
                return None
            _discard(path)
    return None


def _fetch(
    connection: sqlite3.Connection,
    files: Sequence[Path],
    wanted: Sequence[Column],
    damaged: Mapping[Path, str],
) -> Fetched | None:
    """Fetch runs that are all there; None where a file has changed meanwhile."""
    connection.execute("BEGIN")  # what is read is the index as it is now
    sound = [file for file in files if file not in damaged]
    numbered = _look_up(connection, sound)
    if None in numbered.values():
        return None
    sources, numbers = list(numbered), json.dumps(list(numbered.values()))

    def column(slot: int) -> list[bytes]:
        rows = connection.execute(SELECT, (numbers, slot)).fetchall()
        pairs = zip(rows, sources, strict=True)
        return [_payload(sealed, source, slot) for (sealed,), source in pairs]

    facts = list(zip(*map(msgspec.msgpack.decode, column(0)), strict=True)) or [()] * len(FACTS)
    return Fetched(
        sound,
        {one.name: unpacked(one.kind, column(1 + OWN.index(one))) for one in wanted},
        {one.name: array(one.kind, values) for one, values in zip(FACTS, facts, strict=True)},
        damaged,
    )


def _look_up(connection: sqlite3.Connection, files: Iterable[Path]) -> dict[Source, int | None]:
    """Return the number of each run; None where the index lacks it, or its file has changed."""
    sources = [_source(file) for file in files]
    rows = connection.execute(
        "SELECT source, size, changed, runs.id FROM json_each(?) CROSS JOIN runs "
        "ON source = value",
        (json.dumps([name for name, *_ in sources]),),
    )
    numbers = {(name, size, changed): number for name, size, changed, number in rows}
    return {source: numbers.get(source) for source in sources}


def _source(file: Path) -> Source:
    try:
        status = file.stat()
    except OSError:
        return _name(file), -1, -1
    return _name(file), status.st_size, status.st_mtime_ns


def _name(file: Path) -> str:
    return os.fsencode(file).decode("latin-1")


def _file(name: str) -> Path:
    return Path(os.fsdecode(name.encode("latin-1")))


# What is added.


def _complete(
    connection: sqlite3.Connection, path: Path, files: Sequence[Path]
) -> dict[Path, str]:
    """Read the files that the index lacks, and return why some are no runs."""

    def lacking() -> list[Path]:
        numbers = _look_up(connection, files).values()
        return [file for file, number in zip(files, numbers, strict=True) if number is None]

    missing = lacking()
    n_processes = min(usable_cores(), RULE.max_processes)
    if n_processes > 1 and sum(map(size_of, missing)) >= RULE.min_parallel_bytes:
        _read_in_processes(path, missing, n_processes)
        missing = lacking()
    damaged = _read(connection, missing)
    if len(damaged) < len(missing):
        _forget(connection)
    return damaged


def _read(connection: sqlite3.Connection, files: Sequence[Path]) -> dict[Path, str]:
    """Read files into the index, and return why some are no runs."""
    damaged: dict[Path, str] = {}
    for first in range(0, len(files), RULE.runs_at_once):
        runs = [parse([file]) for file in files[first : first + RULE.runs_at_once]]
        for run in runs:
            damaged.update(run.damaged)
        _add(connection, [run for run in runs if run.files])
    return damaged


def _add(connection: sqlite3.Connection, runs: Sequence[Batch]) -> None:
    """Add runs, each of one file, in place of what was read of it before."""
    added: dict[Source, list[bytes]] = {}
    for run in runs:
        facts = [run.runs[fact.name][0] for fact in FACTS]
        columns = [packed(column.kind, run.cases[column.name]) for column in OWN]
        (file,), ((size, changed),) = run.files, run.stamps
        added[_name(file), size, changed] = [msgspec.msgpack.encode(facts), *columns]
    connection.execute("PRAGMA synchronous = off")  # after a crash runs are read again
    connection.execute("BEGIN IMMEDIATE")
    for source, payloads in added.items():
        _remove(connection, source[0])
        insert = "INSERT INTO runs (source, size, changed) VALUES (?, ?, ?)"
        first = SLOTS * (connection.execute(insert, source).lastrowid or 0)
        sealed = [_checksum(one, source, slot) + one for slot, one in enumerate(payloads)]
        insert = "INSERT INTO columns (id, packed) VALUES (?, ?)"
        connection.executemany(insert, enumerate(sealed, start=first))
    connection.execute("COMMIT")


def _remove(connection: sqlite3.Connection, name: str) -> None:
    for (run,) in connection.execute(
        "SELECT id FROM runs WHERE source = ?", (name,)
    ).fetchall():
        ends = SLOTS * run, SLOTS * run + SLOTS - 1
        connection.execute("DELETE FROM columns WHERE id BETWEEN ? AND ?", ends)
        connection.execute("DELETE FROM runs WHERE id = ?", (run,))


def _forget(connection: sqlite3.Connection) -> None:
    """Remove the runs whose files are gone."""
    names = connection.execute("SELECT source FROM runs").fetchall()
    gone = [name for (name,) in names if _source(_file(name))[1] < 0]
    connection.execute("BEGIN IMMEDIATE")
    for name in gone:
        _remove(connection, name)
    connection.execute("COMMIT")


def usable_cores() -> int:
    """Count the CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read_in_processes(path: Path, files: Sequence[Path], n_processes: int) -> None:
    """Read files into the index, a share in each process; the caller does what is left undone.

    They are commands of their own: ``multiprocessing`` would run again the module of whoever
    calls ``bench.load``. msgspec holds the interpreter's lock, so threads would take turns.
    """
    command = [sys.executable, "-m", "bench.store.index", str(path)]
    with ExitStack() as at_the_end, suppress(OSError):
        running = []
        for first in range(n_processes):
            share = at_the_end.enter_context(tempfile.TemporaryFile())
            share.write(
                json.dumps([_name(file) for file in files[first::n_processes]]).encode()
            )
            share.seek(0)
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=share, stderr=subprocess.DEVNULL
            )
            running.append(at_the_end.enter_context(process))
            at_the_end.callback(process.kill)
        for process in running:
            process.wait()


def main() -> None:
    """Read the run files named on standard input into the index that is named."""
    gc.disable()  # nothing here holds itself, and there is much to look through
    files = [_file(name) for name in json.load(sys.stdin)]
    with closing(_open(Path(sys.argv[1]))) as connection:
        _read(connection, files)


if __name__ == "__main__":
    main()
