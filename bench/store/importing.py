"""Takes the runs that pytest-benchmark has stored into a folder of runs, as they are."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bench.store.files import StoreError, run_name, whole
from bench.store.table import Damaged, read

NO_TIME = "it does not tell when it was taken, so it can't be put into a history"
#: Of the digest of a file: as many as a run's name has of random ones.
DIGITS = 6


@dataclass(frozen=True)
class Imported:
    """What came in.

    Attributes
    ----------
    copied : tuple of (Path, Path)
        The original and the run file.
    known : tuple of Path
        Originals that were there already.
    left : tuple of Damaged
        Files that were left, with the reason.
    """

    copied: tuple[tuple[Path, Path], ...]
    known: tuple[Path, ...]
    left: tuple[Damaged, ...]


def import_runs(sources: Sequence[Path], folder: Path) -> Imported:
    """Copy stored runs into a folder, unchanged, each once.

    A copy is called as a run of this suite is: by the time and the commit that the file tells,
    and, where those have random digits, the first of its SHA-256. Originals are not touched.

    Parameters
    ----------
    sources : sequence of Path
        Files, or folders of them, as ``.benchmarks``.
    folder : Path
        Made if it is not there.

    Raises
    ------
    StoreError
        When a source is missing or holds nothing, or the folder can't be written.
    """
    loaded = read(sources, columns=())
    there = Known(folder)
    copied, known, left = [], [], list(loaded.damaged)
    for run in loaded.runs.to_dict("records"):
        source = Path(run["path"])
        if pd.isna(run["taken"]):
            left.append(Damaged(source, f"{NO_TIME}."))
            continue
        try:
            content = source.read_bytes()
            if there.holds(content):
                known.append(source)
                continue
            target = _named(folder, run, content)
            with whole(target) as part:
                part.write_bytes(content)
        except OSError as error:
            raise StoreError(
                f"{source} can't be copied to {folder}: {error.strerror or error}."
            ) from error
        there.add(target, content)
        copied.append((source, target))
    return Imported(tuple(copied), tuple(known), tuple(left))


class Known:
    """What a folder of runs holds, by content: only files of one size are read."""

    def __init__(self, folder: Path) -> None:
        self._by_size: dict[int, list[Path]] = defaultdict(list)
        for path in folder.glob("*.json"):
            self._by_size[path.stat().st_size].append(path)

    def holds(self, content: bytes) -> bool:
        """Say whether a file of this content is there."""
        return any(one.read_bytes() == content for one in self._by_size[len(content)])

    def add(self, path: Path, content: bytes) -> None:
        """Take note of a new file."""
        self._by_size[len(content)].append(path)


def _named(folder: Path, run: dict[Any, Any], content: bytes) -> Path:
    """Return the name of a copy that no other file has."""
    commit = run["commit"] if isinstance(run["commit"], str) else None
    digest = hashlib.sha256(content).hexdigest()
    tries = (digest[at : at + DIGITS] for at in range(len(digest) - DIGITS + 1))
    paths = (folder / f"{run_name(run['taken'], commit, digits)}.json" for digits in tries)
    return next(path for path in paths if not path.exists())
