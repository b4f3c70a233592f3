"""Stored runs as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.loading.assembling import assemble
from bench.loading.batches import FACTS, OWN, parse
from bench.loading.cache import CACHE
from bench.loading.finding import find
from bench.loading.frames import array
from bench.loading.keeping import size_of
from bench.loading.loaded import Damaged, Loaded
from bench.loading.through_cache import Fetched, fetched

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from bench.loading.columns import Column

#: So much is parsed as soon as it is looked up.
SMALL_BYTES = 16_000_000


def read(
    paths: Sequence[Path],
    cache: Path | None = CACHE,
    columns: Collection[str] | None = None,
) -> Loaded:
    """Read stored runs, of this suite or any other that pytest-benchmark has written.

    Parameters
    ----------
    paths : sequence of Path
        Files, or folders of them.
    cache : Path, optional
        Where to keep what was parsed; not used where the folder two above it is not there.
    columns : collection of str, optional
        Which columns of the cases are wanted, besides ``run`` and ``taken``; all by default.
        The fewer, the less time and memory a large set takes.

    Returns
    -------
    Loaded

    Raises
    ------
    StoreError
        When a path is missing, or a folder holds no run.
    """
    files = find(paths)
    wanted = [one for one in OWN if columns is None or one.name in columns]
    real = [one.real for one in files]
    found = None
    if sum(map(size_of, real)) > SMALL_BYTES:
        found = fetched(real, _usable(cache), wanted)
    if found is None:
        found = _parsed(real, wanted)
    by_path = {one.real: one for one in files}
    return Loaded(
        *assemble([by_path[path] for path in found.files], found.cases, found.runs),
        tuple(
            Damaged(one.path, found.damaged[one.real])
            for one in files
            if one.real in found.damaged
        ),
    )


def _usable(cache: Path | None) -> Path | None:
    """Keep nothing in a folder that has nothing to do with this suite."""
    if cache is None or not cache.absolute().parent.parent.is_dir():
        return None
    return cache.absolute()


def _parsed(files: Sequence[Path], wanted: Sequence[Column]) -> Fetched:
    """Parse all files here and now."""
    batch = parse(files)
    return Fetched(
        batch.files,
        {one.name: array(one.kind, batch.cases[one.name]) for one in wanted},
        {one.name: array(one.kind, batch.runs[one.name]) for one in FACTS},
        dict(batch.damaged),
    )
