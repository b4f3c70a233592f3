"""Parsed runs on disk, some together in a shard: a folder with two Parquet files."""

from __future__ import annotations

import secrets
import shutil
import time
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.store import database
from bench.store.decoding import as_json
from bench.store.rows import FACTS, OWN
from bench.store.rule import RULE
from bench.store.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import duckdb

    from bench.store.rows import Batch

# Parsed runs on disk, some together in a shard: a folder with two Parquet files.
#
# A shard is made under a hidden name and then given its own, so it is there whole or not at
# all, and never changed: whoever reads while others write sees what was there when it looked.


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


def write(folder: Path, batch: Batch) -> dict[str, database.Entry]:
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
        **{
            one.name: database.array(one.kind, _storable(one, batch.cases[one.name]))
            for one in OWN
        },
    }
    stamps = np.array(batch.stamps, dtype=np.int64)
    sources = [database.source_of(file) for file in batch.files]
    runs = {
        "run_key": keys,
        "source": database.array(Kind.TEXT, sources),
        "size": stamps[:, 0],
        "changed": stamps[:, 1],
        **{one.name: database.array(one.kind, batch.runs[one.name]) for one in FACTS},
    }

    def fill(shard: Path) -> None:
        with database.connect() as connection:
            database.write_parquet(
                connection, database.STORED_CASES, cases, shard / database.CASES_FILE
            )
            database.write_parquet(
                connection, database.STORED_RUNS, runs, shard / database.RUNS_FILE
            )

    shard = make(folder, fill)
    return {
        source: database.Entry(shard, int(key), stamp)
        for source, key, stamp in zip(sources, keys, batch.stamps, strict=True)
    }


def _storable(column: Column, values: list[Any]) -> list[Any]:
    """Write lists as JSON, which DuckDB takes for a list again."""
    return [as_json(one) for one in values] if column.kind is Kind.FLOATS else values


# Puts small shards into one, without what belongs to files that are gone or have changed.


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
    with database.connect() as connection:
        by_shard: defaultdict[Path, list[tuple[str, database.Entry]]] = defaultdict(list)
        for source, entry in database.entries(connection, shards):
            by_shard[entry.shard].append((source, entry))
        live = {shard: _live(found) for shard, found in by_shard.items()}
        small = [shard for shard in live if len(live[shard]) < RULE.small_shard_runs]
        if len(small) <= RULE.max_small_shards:
            return
        kept = dict(pair for shard in small for pair in live[shard])
        if kept:
            _merge(connection, folder, small, [entry.key for entry in kept.values()])
    for shard in small:
        remove(shard)
    _clear_abandoned(folder)


def _live(found: list[tuple[str, database.Entry]]) -> list[tuple[str, database.Entry]]:
    """Leave out the runs whose files are gone or have changed."""
    live = []
    for source, entry in found:
        try:
            told = database.file_of(source).stat()
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
        for name in (database.CASES_FILE, database.RUNS_FILE):
            files = database.file_list(one / name for one in shards)
            connection.execute(
                f"COPY (SELECT * FROM read_parquet({files}) WHERE run_key IN ({listed})) "
                f"TO {database.quoted_path(shard / name)} (FORMAT parquet)"
            )

    make(folder, fill)


def _clear_abandoned(folder: Path) -> None:
    """Remove what a process that was killed has left."""
    for one in folder.glob(".*"):
        if time.time() - one.stat().st_mtime > RULE.abandoned_seconds:
            remove(one)
