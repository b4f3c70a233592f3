"""Keeps what was parsed, so that a run file is parsed once and then found in a shard.

Derived and disposable: a run is known by the path, size and time of last change of its file,
and the format by the text of the modules that decide what is kept. Adding runs adds a shard;
many small ones are put into one. Several may read and write at once: whatever fails here, the
caller parses the run files instead.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from bench.loading.compacting import compact
from bench.loading.database import connect
from bench.loading.shards import entries, remove, source_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.loading.shards import Entry

#: Beside the folder of runs.
CACHE = Path("results") / "cache" / "runs"
#: Modules that decide what a shard holds.
DECIDING = (
    "batches.py",
    "case_rows.py",
    "columns.py",
    "database.py",
    "decoding.py",
    "frames.py",
    "run_facts.py",
    "shards.py",
    "values.py",
    "../analyze/median.py",
    "../analyze/quantile.py",
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
            found = sorted(one for one in self.shards.iterdir() if _is_shard(one))
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


def _is_shard(folder: Path) -> bool:
    return not folder.name.startswith(".")
