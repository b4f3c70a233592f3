"""Fetches a large set of runs from shards, and makes those that are missing."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from bench.loading.batches import FACTS
from bench.loading.cache import ERRORS, Cache
from bench.loading.database import connect
from bench.loading.fetching import fetch, is_whole
from bench.loading.keeping import Kept, keep, size_of
from bench.loading.parallel import keep_in_processes, usable_cores
from bench.loading.shards import remove, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.loading.columns import Column

#: So much is worth starting processes for; each takes some 150 MB.
LARGE_BYTES, MOST_PROCESSES = 50_000_000, 4
#: A shard may be removed while it is read, by whoever has put it into another.
ATTEMPTS = 3


@dataclass(frozen=True)
class Fetched:
    """Runs as arrays.

    Attributes
    ----------
    files : sequence of Path
        Those that were read.
    cases, runs : mapping of str to array
        Columns, in the order of ``files``.
    damaged : mapping of Path to str
        Why the other files are no runs.
    """

    files: Sequence[Path]
    cases: Mapping[str, Any]
    runs: Mapping[str, Any]
    damaged: Mapping[Path, str]


def fetched(
    files: Sequence[Path], folder: Path | None, wanted: Sequence[Column]
) -> Fetched | None:
    """Fetch runs.

    Parameters
    ----------
    files : sequence of Path
        Absolute.
    folder : Path, optional
        The cache; where it can't be written, shards are made that nobody keeps.
    wanted : sequence of Column
        Of the cases.

    Returns
    -------
    Fetched or None
        None where that fails, as on a full disk: then the files have to be parsed.
    """
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
            for _ in range(ATTEMPTS):
                try:
                    return _attempt(files, folder, Path(temporary), wanted)
                except duckdb.OutOfMemoryException:
                    return None
                except duckdb.Error:
                    continue
    except OSError:
        pass
    return None


def _attempt(
    files: Sequence[Path], folder: Path | None, temporary: Path, wanted: Sequence[Column]
) -> Fetched:
    """Fetch runs once; a shard that turns out to be damaged is removed.

    Raises
    ------
    OSError, duckdb.Error
    """
    cache = Cache(folder or temporary)
    cache.find()
    found = {path: cache.get(path) for path in files}
    missing = [path for path, entry in found.items() if entry is None]
    kept = _keep(cache, temporary, missing) if missing else Kept()
    found |= {path: kept.entries.get(source_of(path)) for path in missing}
    entries = {path: entry for path, entry in found.items() if entry is not None}
    with connect(min(usable_cores(), MOST_PROCESSES)) as connection:
        try:
            cases, runs = fetch(connection, list(entries.values()), wanted, FACTS)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error:
            for shard in {entry.shard for entry in entries.values()}:
                if not is_whole(connection, shard):
                    remove(shard)
            raise
    if kept.entries:
        cache.tidy()
    return Fetched(list(entries), cases, runs, dict(kept.damaged))


def _keep(cache: Cache, temporary: Path, files: Sequence[Path]) -> Kept:
    """Parse files into the cache; where it can't be written, into a temporary folder.

    Raises
    ------
    OSError, duckdb.Error
        When that can't be written either.
    """
    try:
        cache.prepare()
        return _parse_into(cache.shards, files)
    except ERRORS:
        return _parse_into(temporary, files)


def _parse_into(folder: Path, files: Sequence[Path]) -> Kept:
    """Parse files into a folder, in processes where there is much to do."""
    n_processes = min(usable_cores(), MOST_PROCESSES)
    if n_processes == 1 or sum(map(size_of, files)) < LARGE_BYTES:
        return keep(folder, files)
    kept = keep_in_processes(folder, files, n_processes)
    done = {path for path, _ in kept.damaged}
    left = [one for one in files if source_of(one) not in kept.entries and one not in done]
    rest = keep(folder, left)
    return Kept(kept.entries | rest.entries, kept.damaged + rest.damaged)
