"""Parsed runs on disk, some together in a shard: a folder with two Parquet files."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd

from bench.store.database import (
    array,
    connect,
    file_list,
    filled,
    quoted,
    quoted_path,
    write_parquet,
)
from bench.store.decoding import as_json
from bench.store.rows import FACTS, OWN
from bench.store.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bench.store.rows import Batch

# Parsed runs on disk, some together in a shard: a folder with two Parquet files.
#
# A shard is made under a hidden name and then given its own, so it is there whole or not at
# all, and never changed: whoever reads while others write sees what was there when it looked.


CASES_FILE, RUNS_FILE = "cases.parquet", "runs.parquet"
_KEY = Column("run_key", Kind.INTEGER, "tells runs apart, in any shard")
STORED_CASES = (_KEY, Column("place", Kind.INTEGER, "of a case in its run"), *OWN)
STORED_RUNS = (
    _KEY,
    Column("source", Kind.TEXT, "absolute path of the file"),
    Column("size", Kind.INTEGER, "of the file", "bytes"),
    Column("changed", Kind.INTEGER, "when the file was last changed", "ns"),
    *FACTS,
)


@dataclass(frozen=True)
class Entry:
    """A run in a shard.

    Attributes
    ----------
    shard : Path
    key : int
        Of the run, in any shard.
    stamp : tuple of int
        Size and time of last change of the file that it was read from.
    """

    shard: Path
    key: int
    stamp: tuple[int, int]


def source_of(file: Path) -> str:
    """Return a path as a text that any database takes; not every file name is UTF-8."""
    return os.fsencode(file).decode("latin-1")


def file_of(source: str) -> Path:
    """Return the path that a text of ``source_of`` stands for."""
    return Path(os.fsdecode(source.encode("latin-1")))


def make(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Make a shard.

    Parameters
    ----------
    folder : Path
        Of all shards.
    fill : callable
        Writes its two files into the folder that it is given.

    Returns
    -------
    Path
        The shard.

    Raises
    ------
    OSError, duckdb.Error
        Nothing is left then.
    """
    name = secrets.token_hex(8)
    hidden = folder / f".{name}"
    hidden.mkdir(parents=True)
    try:
        fill(hidden)
        return hidden.rename(folder / name)
    except BaseException:
        remove(hidden)
        raise


def remove(shard: Path) -> None:
    """Remove a shard; others may be doing so."""
    with suppress(OSError):
        shutil.rmtree(shard)


def write(folder: Path, batch: Batch) -> dict[str, Entry]:
    """Write parsed runs as a shard.

    Parameters
    ----------
    folder : Path
    batch : Batch
        With a run at least.

    Returns
    -------
    dict of str to Entry
        By the runs' sources.

    Raises
    ------
    OSError, duckdb.Error
    """
    keys = np.array([secrets.randbits(62) for _ in batch.files], dtype=np.int64)
    counts = batch.runs["n_cases"]
    cases = {
        "run_key": np.repeat(keys, counts),
        "place": np.concatenate([np.arange(count) for count in counts]),
        **{one.name: array(one.kind, _storable(one, batch.cases[one.name])) for one in OWN},
    }
    stamps = np.array(batch.stamps, dtype=np.int64)
    sources = [source_of(file) for file in batch.files]
    runs = {
        "run_key": keys,
        "source": array(Kind.TEXT, sources),
        "size": stamps[:, 0],
        "changed": stamps[:, 1],
        **{one.name: array(one.kind, batch.runs[one.name]) for one in FACTS},
    }

    def fill(shard: Path) -> None:
        with connect() as connection:
            write_parquet(connection, STORED_CASES, cases, shard / CASES_FILE)
            write_parquet(connection, STORED_RUNS, runs, shard / RUNS_FILE)

    shard = make(folder, fill)
    return {
        source: Entry(shard, int(key), stamp)
        for source, key, stamp in zip(sources, keys, batch.stamps, strict=True)
    }


def _storable(column: Column, values: list[Any]) -> list[Any]:
    """Write lists as JSON, which DuckDB takes for a list again."""
    return [as_json(one) for one in values] if column.kind is Kind.FLOATS else values


def entries(
    connection: duckdb.DuckDBPyConnection, shards: Iterable[Path]
) -> list[tuple[str, Entry]]:
    """List the runs in some shards, by their sources.

    Raises
    ------
    duckdb.Error
        When one is damaged, or was removed meanwhile.
    """
    by_file = {str(shard / RUNS_FILE): shard for shard in shards}
    if not by_file:
        return []
    files = file_list(Path(file) for file in by_file)
    rows = connection.execute(
        f"SELECT filename, source, run_key, size, changed "
        f"FROM read_parquet({files}, filename = true)"
    ).fetchall()
    return [
        (source, Entry(by_file[file], key, (size, changed)))
        for file, source, key, size, changed in rows
    ]


# Puts small shards into one, without what belongs to files that are gone or have changed.


#: Shards of fewer runs that count are small …
SMALL = 64
#: … and this many of them are too many.
MOST_SMALL = 32
#: What is left under a hidden name for so long, nobody is writing any more.
ABANDONED_SECONDS = 3600.0


def compact(folder: Path) -> None:
    """Put the small shards into one, where there are too many; others may read meanwhile.

    Of two that do so at once, one may add runs a second time: that costs space until the next
    time, since a reader takes a run from one shard only.

    Parameters
    ----------
    folder : Path
        Of the shards.

    Raises
    ------
    OSError, duckdb.Error
        Then all shards are as they were.
    """
    shards = [one for one in folder.iterdir() if not one.name.startswith(".")]
    with connect() as connection:
        by_shard: defaultdict[Path, list[tuple[str, Entry]]] = defaultdict(list)
        for source, entry in entries(connection, shards):
            by_shard[entry.shard].append((source, entry))
        live = {shard: _live(found) for shard, found in by_shard.items()}
        small = [shard for shard in live if len(live[shard]) < SMALL]
        if len(small) <= MOST_SMALL:
            return
        kept = dict(pair for shard in small for pair in live[shard])
        if kept:
            _merge(connection, folder, small, [entry.key for entry in kept.values()])
    for shard in small:
        remove(shard)
    _clear_abandoned(folder)


def _live(found: list[tuple[str, Entry]]) -> list[tuple[str, Entry]]:
    """Leave out the runs whose files are gone or have changed."""
    live = []
    for source, entry in found:
        try:
            told = file_of(source).stat()
        except (OSError, ValueError):
            continue
        if entry.stamp == (told.st_size, told.st_mtime_ns):
            live.append((source, entry))
    return live


def _merge(
    connection: duckdb.DuckDBPyConnection, folder: Path, shards: list[Path], keys: list[int]
) -> None:
    """Make a shard of the runs that are kept."""
    listed = ", ".join(map(str, keys))

    def fill(shard: Path) -> None:
        for name in (CASES_FILE, RUNS_FILE):
            files = file_list(one / name for one in shards)
            connection.execute(
                f"COPY (SELECT * FROM read_parquet({files}) WHERE run_key IN ({listed})) "
                f"TO {quoted_path(shard / name)} (FORMAT parquet)"
            )

    make(folder, fill)


def _clear_abandoned(folder: Path) -> None:
    """Remove what a process that was killed has left."""
    for one in folder.glob(".*"):
        if time.time() - one.stat().st_mtime > ABANDONED_SECONDS:
            remove(one)


# Fetches the runs that are wanted from shards, as arrays.


COLUMNS_AT_ONCE = 16


def fetch(
    connection: duckdb.DuckDBPyConnection,
    entries: Sequence[Entry],
    cases: Sequence[Column],
    runs: Sequence[Column],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fetch runs.

    Parameters
    ----------
    connection : DuckDBPyConnection
    entries : sequence of Entry
    cases, runs : sequence of Column
        Those that are wanted.

    Returns
    -------
    cases, runs : dict of str to array
        In the order of ``entries``; the cases of a run as its file has them.

    Raises
    ------
    duckdb.Error
        When a shard is damaged, or was removed meanwhile.
    """
    if not entries:
        return _empty(cases), _empty(runs)
    wanted = np.array([one.key for one in entries], dtype=np.int64)
    connection.register("wanted", {"run_key": wanted, "rank": np.arange(len(wanted))})
    shards = sorted({one.shard for one in entries})
    return (
        _table(connection, [one / CASES_FILE for one in shards], cases, ("rank", "place")),
        _table(connection, [one / RUNS_FILE for one in shards], runs, ("rank",)),
    )


def _empty(columns: Sequence[Column]) -> dict[str, Any]:
    return {one.name: array(one.kind, []) for one in columns}


def _table(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    columns: Sequence[Column],
    order: Sequence[str],
) -> dict[str, Any]:
    """Fetch the columns of a table, some at a time: a result takes memory twice."""
    relation = f"read_parquet({file_list(files)}) JOIN wanted USING (run_key)"
    table: dict[str, Any] = {}
    for first in range(0, len(columns), COLUMNS_AT_ONCE):
        some = columns[first : first + COLUMNS_AT_ONCE]
        table |= _columns(connection, relation, some, order)
    return table


def is_whole(connection: duckdb.DuckDBPyConnection, shard: Path) -> bool:
    """Say whether a shard can be read to its end.

    Parameters
    ----------
    connection : DuckDBPyConnection
    shard : Path

    Returns
    -------
    bool
    """
    try:
        for name in (CASES_FILE, RUNS_FILE):
            connection.execute(f"FROM read_parquet({file_list([shard / name])})").fetchall()
    except duckdb.Error:
        return False
    return True


def _columns(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[Column],
    order: Sequence[str],
) -> dict[str, Any]:
    """Fetch columns, in an order."""
    dictionaries = {
        one.name: _dictionary(connection, relation, one)
        for one in columns
        if one.kind is Kind.TEXT
    }
    selected = [*order, *(_selected(one, dictionaries.get(one.name)) for one in columns)]
    rows = connection.execute(f"SELECT {', '.join(selected)} FROM {relation}").fetchnumpy()
    ranks = np.lexsort([rows.pop(name) for name in reversed(order)])
    return {
        one.name: _ordered(rows.pop(one.name), ranks, dictionaries.get(one.name))
        for one in columns
    }


def _dictionary(
    connection: duckdb.DuckDBPyConnection, relation: str, column: Column
) -> list[str]:
    """Make a type of the texts in a column, and return them.

    A text that a thousand rows have is then fetched once, not a thousand times.
    """
    name, dictionary = quoted(column.name), _enum(column)
    texts = f"SELECT DISTINCT {name} FROM {relation} WHERE {name} IS NOT NULL"
    if connection.execute(f"{texts} LIMIT 1").fetchone() is None:
        return []
    connection.execute(f"DROP TYPE IF EXISTS {dictionary}")
    connection.execute(f"CREATE TYPE {dictionary} AS ENUM ({texts})")
    rows = connection.execute(f"SELECT unnest(enum_range(NULL::{dictionary}))").fetchall()
    return [text for (text,) in rows]


def _enum(column: Column) -> str:
    return quoted(f"texts of {column.name}")


def _selected(column: Column, dictionary: list[str] | None) -> str:
    """Return the SQL of a column: of a text its place in the dictionary."""
    name = quoted(column.name)
    if dictionary is None:
        return name
    if not dictionary:
        return f"NULL::INTEGER AS {name}"
    return f"enum_code({name}::{_enum(column)})::INTEGER AS {name}"


def _ordered(values: Any, ranks: Any, dictionary: list[str] | None) -> Any:
    """Put the rows of a column in order."""
    values = values[ranks]
    if dictionary is None:
        if values.dtype == object:
            values = np.fromiter(
                (one.tolist() for one in values), dtype=object, count=len(values)
            )
        return values
    codes = filled(values, -1)
    return pd.Categorical.from_codes(codes, categories=pd.Index(dictionary, dtype=object))
