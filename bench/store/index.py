"""Keeps what was parsed, so that a run file is parsed once and then found in a shard."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from bench.store.database import connect, entries, fetch, is_whole, source_of
from bench.store.files import size_of
from bench.store.parsing import Kept, keep, keep_in_processes
from bench.store.rows import FACTS
from bench.store.rule import RULE
from bench.store.shards import compact, remove

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bench.store.database import Entry
    from bench.store.schema import Column

# Keeps what was parsed, so that a run file is parsed once and then found in a shard.
#
# Derived and disposable: a run is known by the path, size and time of last change of its file,
# and the format by the text of the modules that decide what is kept. Adding runs adds a shard;
# many small ones are put into one. Several may read and write at once: whatever fails here,
# the caller parses the run files instead.


#: Beside the folder of runs.
CACHE_FOLDER = Path("results") / "cache" / "runs"
#: Modules that decide what a shard holds.
DECIDING = (
    "database.py",
    "decoding.py",
    "rows.py",
    "schema.py",
    "shards.py",
    "../stats/medians.py",
)
ERRORS = (OSError, duckdb.Error)


@lru_cache(maxsize=1)
def _format() -> str:
    digest = hashlib.sha256()
    for name in DECIDING:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()[:16]


class Cache:
    """What is kept in a folder.

    Parameters
    ----------
    folder : Path
        Made when something is kept. Shards of another format in it are removed then.

    Attributes
    ----------
    shards : Path
        The folder of the shards of this format.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.shards = folder / _format()
        self._known: dict[tuple[str, tuple[int, int]], Entry] = {}

    def find(self) -> None:
        """Look which runs are kept. A damaged shard is removed."""
        with suppress(OSError):
            found = sorted(one for one in self.shards.iterdir() if one.name[0] != ".")
            with connect() as connection:
                try:
                    self._add(entries(connection, found))
                except duckdb.Error:
                    for shard in found:
                        self._find_in(connection, shard)

    def _find_in(self, connection: duckdb.DuckDBPyConnection, shard: Path) -> None:
        try:
            self._add(entries(connection, [shard]))
        except duckdb.Error:
            remove(shard)

    def _add(self, found: Iterable[tuple[str, Entry]]) -> None:
        """Take note of runs that are kept; of one path as it was at several times."""
        self._known.update(((source, entry.stamp), entry) for source, entry in found)

    def get(self, file: Path) -> Entry | None:
        """Return where a run is kept; None where it is not, or its file has changed.

        Parameters
        ----------
        file : Path
            Absolute.

        Returns
        -------
        Entry or None
        """
        try:
            told = file.stat()
        except OSError:
            return None
        return self._known.get((source_of(file), (told.st_size, told.st_mtime_ns)))

    def prepare(self) -> None:
        """Make the folder, try whether it can be written, remove shards of other formats.

        Raises
        ------
        OSError
            When it can't be written.
        """
        self.shards.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.shards, prefix="."):
            pass
        for other in self._folder.iterdir():
            if other != self.shards:
                remove(other)

    def tidy(self) -> None:
        """Put small shards together where there are many."""
        with suppress(*ERRORS):
            compact(self.shards)


# Fetches a large set of runs from shards, and makes those that are missing.


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
            for _ in range(RULE.max_attempts):
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
    with connect(min(usable_cores(), RULE.max_processes)) as connection:
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
    n_processes = min(usable_cores(), RULE.max_processes)
    if n_processes == 1 or sum(map(size_of, files)) < RULE.min_parallel_bytes:
        return keep(folder, files)
    kept = keep_in_processes(folder, files, n_processes)
    done = {path for path, _ in kept.damaged}
    left = [one for one in files if source_of(one) not in kept.entries and one not in done]
    rest = keep(folder, left)
    return Kept(kept.entries | rest.entries, kept.damaged + rest.damaged)


def usable_cores() -> int:
    """Count the CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
