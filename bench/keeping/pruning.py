"""Removes old runs with their figures, and sets aside what is damaged."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from bench.keeping.choosing import Kept, going
from bench.keeping.pinned import REFERENCE, of_reference, pinned
from bench.loading.reading import read
from bench.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from bench.keeping.choosing import Rule
    from bench.loading.loaded import Damaged

#: Below the folder of runs.
DAMAGED = "damaged"
#: What a prune that was killed has left over begins so.
LEFT_OVER = ".pruned-"
LONG_AGO_SECONDS = 3600.0
JUST_NOW_SECONDS = 60.0


@dataclass(frozen=True)
class Plan:
    """What a prune would do.

    Attributes
    ----------
    folder : Path
    going : tuple of Kept
        Runs that go, the oldest first.
    damaged : tuple of Damaged
        Files that are set aside.
    protected : tuple of str
        Names of runs that would go, were they not pinned or of the reference.
    undated : tuple of str
        Names of runs that do not tell when they were taken, and stay.
    n_staying : int
        Runs that stay, of those two kinds too.
    """

    folder: Path
    going: tuple[Kept, ...]
    damaged: tuple[Damaged, ...]
    protected: tuple[str, ...]
    undated: tuple[str, ...]
    n_staying: int


def plan(folder: Path, rule: Rule, now: datetime, keep: Collection[str] = ()) -> Plan:
    """Say what would go.

    Parameters
    ----------
    folder : Path
        Of runs: only the files in it are looked at, none in folders below.
    rule : Rule
    now : datetime
        UTC.
    keep : collection of str
        Names of files that stay, beside those that are pinned and those of the reference.

    Returns
    -------
    Plan

    Raises
    ------
    StoreError
        When the folder holds no run, or the reference runs.
    """
    if folder.resolve().name == REFERENCE:
        raise StoreError(f"{folder} holds the reference runs, which are never pruned.")
    loaded = read([folder], columns=())
    runs = [one for one in _runs(loaded.runs) if one.path.parent == folder]
    damaged = tuple(
        one
        for one in loaded.damaged
        if one.path.parent == folder and not _being_written(one.path)
    )
    if not runs and not damaged:
        raise StoreError(f"there is no run in {folder} itself; name the folder that has them.")
    stay = {*pinned(folder), *of_reference(folder), *keep}
    chosen = going(runs, rule, now)
    gone = tuple(one for one in chosen if one.path.name not in stay)
    return Plan(
        folder,
        going=gone,
        damaged=damaged,
        protected=tuple(one.path.name for one in chosen if one.path.name in stay),
        undated=tuple(one.path.name for one in runs if one.taken is None),
        n_staying=len(runs) - len(gone),
    )


def _runs(table: pd.DataFrame) -> list[Kept]:
    described = zip(table["path"], table["taken"], table["node"].fillna(""), strict=True)
    return [
        Kept(Path(path), None if pd.isna(taken) else taken.to_pydatetime(), str(node))
        for path, taken, node in described
    ]


def prune(planned: Plan) -> None:
    """Do what was planned: each run with its figures goes as a whole, or stays.

    A run is moved out of sight before it is removed, so that who reads the folder meanwhile
    finds it whole or not at all. New runs, journals of unfinished ones, and what else is in
    the folder are not touched.

    Parameters
    ----------
    planned : Plan

    Raises
    ------
    StoreError
        When something can't be moved or removed; what was done until then is done.
    """
    folder = planned.folder
    try:
        for one in planned.damaged:
            if _still_damaged(one.path):
                _set_aside(one.path, folder / DAMAGED)
        with tempfile.TemporaryDirectory(dir=folder, prefix=LEFT_OVER) as out_of_sight:
            for run in planned.going:
                _move(run.path, Path(out_of_sight))
                _move(figures_of(run.path), Path(out_of_sight))
    except OSError as error:
        raise StoreError(
            f"{folder} can't be pruned: {error.strerror or error} ({error.filename})."
        ) from error
    _tidy(folder)


def _tidy(folder: Path) -> None:
    """Remove what a prune has left that was killed, not what one is at now."""
    for left in folder.glob(f"{LEFT_OVER}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LONG_AGO_SECONDS:
                shutil.rmtree(left)


def figures_of(run: Path) -> Path:
    """Return the folder of a run's figures, which need not be there."""
    return run.with_suffix("")


def size_of(run: Path) -> int:
    """Return how many bytes a run takes with its figures."""
    files = [run, *(one for one in figures_of(run).rglob("*") if one.is_file())]
    total = 0
    for one in files:
        with suppress(OSError):
            total += one.stat().st_size
    return total


def _move(path: Path, folder: Path) -> None:
    """Move something; it may be gone, where two prune at once."""
    with suppress(FileNotFoundError):
        path.rename(folder / path.name)


def _being_written(path: Path) -> bool:
    """Say whether a writer may have taken the name, and not written the run yet.

    That is how a run gets its name on a file system without hard links.
    """
    with suppress(OSError):
        told = path.stat()
        return told.st_size == 0 and time.time() - told.st_mtime < JUST_NOW_SECONDS
    return True


def _still_damaged(path: Path) -> bool:
    """Look again: a writer may have put a whole run in its place."""
    return path.is_file() and bool(read([path], columns=()).damaged)


def _set_aside(path: Path, folder: Path) -> None:
    """Move a damaged file, under another name where there is one of its name already."""
    folder.mkdir(exist_ok=True)
    number = 0
    while True:
        target = folder / (f"{path.stem}-{number}{path.suffix}" if number else path.name)
        try:
            target.touch(exist_ok=False)  # the name is taken before the file is moved there
        except FileExistsError:
            number += 1
            continue
        try:
            path.rename(target)
        except FileNotFoundError:
            target.unlink()
        return
