"""Puts small shards into one, without what belongs to files that are gone or have changed."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING

from bench.loading.database import connect, file_list, quoted_path
from bench.loading.shards import CASES_FILE, RUNS_FILE, entries, file_of, make, remove

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from bench.loading.shards import Entry

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
