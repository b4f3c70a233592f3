"""Parsed runs on disk, some together in a shard: a folder with two Parquet files.

A shard is made under a hidden name and then given its own, so it is there whole or not at all,
and never changed: whoever reads while others write sees what was there when it looked.
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.loading.batches import FACTS, OWN
from bench.loading.columns import Column, Kind
from bench.loading.database import connect, file_list, write_parquet
from bench.loading.frames import array
from bench.loading.values import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import duckdb

    from bench.loading.batches import Batch

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
