"""Parses run files into shards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.loading.batches import parse
from bench.loading.shards import Entry, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

#: So much goes into a shard at most: a file more than the one that reaches it.
FILES_OF_A_SHARD, BYTES_OF_A_SHARD = 64, 256_000_000


@dataclass
class Kept:
    """What became of some run files.

    Attributes
    ----------
    entries : dict of str to Entry
        By source.
    damaged : list of (Path, str)
        Files that are no runs, and why.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    damaged: list[tuple[Path, str]] = field(default_factory=list)


def keep(folder: Path, files: Sequence[Path]) -> Kept:
    """Parse files in this process.

    Parameters
    ----------
    folder : Path
        Of the shards.
    files : sequence of Path
        Absolute.

    Returns
    -------
    Kept

    Raises
    ------
    OSError, duckdb.Error
        When a shard can't be written.
    """
    kept = Kept()
    for part in _parts(files):
        batch = parse(part)
        kept.damaged += batch.damaged
        if batch.files:
            kept.entries |= write(folder, batch)
    return kept


def _parts(files: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield the files of each shard."""
    part: list[Path] = []
    size = 0
    for file in files:
        part.append(file)
        size += size_of(file)
        if len(part) >= FILES_OF_A_SHARD or size >= BYTES_OF_A_SHARD:
            yield part
            part, size = [], 0
    if part:
        yield part


def size_of(file: Path) -> int:
    """Return a file's size in bytes; zero where it can't be told."""
    try:
        return file.stat().st_size
    except OSError:
        return 0
