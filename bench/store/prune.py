"""Removes old runs with their figures, and sets aside what is damaged."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from bench.store import files
from bench.store.files import RUN_NAME, StoreError
from bench.store.rule import RULE
from bench.store.table import Damaged, read

# Which runs of a history may go: pure, by when and on which machine they were taken.


@dataclass(frozen=True)
class Kept:
    """A run of the history.

    Attributes
    ----------
    taken : datetime or None
        UTC; None where its file does not tell.
    node : str
        The machine: each has a history of its own in a folder that several share.
    """

    path: Path
    taken: datetime | None
    node: str


@dataclass(frozen=True)
class Rule:
    """What stays.

    Attributes
    ----------
    last : int or None
        So many of the newest of each machine …
    youngest : timedelta or None
        … or those that are no older than this; one of the two is given.
    every : timedelta or None
        Of what would go, one for each such time stays, of each machine: its first, so that
        what has stayed once stays for good.
    """

    last: int | None = None
    youngest: timedelta | None = None
    every: timedelta | None = None


def going(runs: Iterable[Kept], rule: Rule, now: datetime) -> list[Kept]:
    """Choose the runs that may go.

    Parameters
    ----------
    now : datetime
        UTC.

    Returns
    -------
    list of Kept
        The oldest first; a run that does not tell when it was taken always stays.
    """
    by_node: dict[str, list[tuple[datetime, str, Kept]]] = {}
    for run in runs:
        if run.taken is not None:
            by_node.setdefault(run.node, []).append((run.taken, run.path.name, run))
    found = []
    for dated in by_node.values():
        oldest_first = sorted(dated, key=lambda one: one[:2])
        chosen = _old(oldest_first, rule, now)
        found += chosen if rule.every is None else _between(chosen, rule.every)
    return [run for *_, run in sorted(found, key=lambda one: one[:2])]


Dated = tuple["datetime", str, Kept]


def _old(oldest_first: Sequence[Dated], rule: Rule, now: datetime) -> list[Dated]:
    if rule.last is not None:
        return list(oldest_first[: max(len(oldest_first) - rule.last, 0)])
    youngest = rule.youngest
    return [] if youngest is None else [one for one in oldest_first if now - one[0] > youngest]


def _between(oldest_first: Sequence[Dated], every: timedelta) -> list[Dated]:
    """Leave out the first of each stretch of time: stretches are counted from 1970 on."""
    seen = set()
    rest = []
    for one in oldest_first:
        stretch = one[0].timestamp() // every.total_seconds()
        if stretch in seen:
            rest.append(one)
        seen.add(stretch)
    return rest


# Runs that stay whatever their age: those that were pinned, and those of the reference.
#
# ``pinned.txt`` in a folder of runs holds the names of those that are pinned, one a line.


FILE = "pinned.txt"
#: Beside the folder of runs; git keeps it.
REFERENCE = "reference"


def pin(run: Path) -> None:
    """Keep a run from being pruned.

    Parameters
    ----------
    run : Path
        Of a run file. Its folder remembers it, once; a run of the reference stays anyway.

    Raises
    ------
    StoreError
        When that can't be written.
    """
    if run.name in pinned(run.parent) | of_reference(run.parent):
        return
    try:
        with (run.parent / FILE).open("a", encoding="utf-8") as file:
            file.write(f"{run.name}\n")
    except OSError as error:
        raise StoreError(
            f"{run.name} can't be pinned in {run.parent}: {error.strerror or error}."
        ) from error


def pinned(folder: Path) -> set[str]:
    """Return the names of the files that were pinned in a folder.

    Raises
    ------
    StoreError
        When the list is there and can't be read: nobody knows then what is pinned.
    """
    try:
        lines = (folder / FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return set()
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder / FILE} can't be read: {error}.") from error
    return {line.strip() for line in lines if line.strip()}


def of_reference(folder: Path) -> set[str]:
    """Return the names of the reference runs that belong to a folder of runs."""
    return {path.name for path in (folder.resolve().parent / REFERENCE).glob("*.json")}


# Removes old runs with their figures, and sets aside what is damaged.


#: Below the folder of runs.
DAMAGED = "damaged"
#: The kinds of a figure.
FIGURES = ("png", "svg")
#: What a prune that was killed has left over begins so.
LEFT_OVER = ".pruned-"


@dataclass(frozen=True)
class Plan:
    """What a prune would do.

    Attributes
    ----------
    going : tuple of Kept
        Runs that go, the oldest first.
    figures : mapping of Path to list of Path
        Files of figures that go with each.
    damaged : tuple of Damaged
        Files of runs that are set aside.
    strange : tuple of str
        Names of files that are no run and have no run's name; they stay.
    protected : tuple of str
        Names of runs that would go, were they not pinned or of the reference.
    undated : tuple of str
        Names of runs that do not tell when they were taken, and stay.
    n_staying : int
        Runs that stay, of those two kinds too.
    """

    folder: Path
    going: tuple[Kept, ...]
    figures: Mapping[Path, Sequence[Path]]
    damaged: tuple[Damaged, ...]
    strange: tuple[str, ...]
    protected: tuple[str, ...]
    undated: tuple[str, ...]
    n_staying: int


def plan(folder: Path, rule: Rule, now: datetime, keep: Collection[str] = ()) -> Plan:
    """Say what would go.

    Parameters
    ----------
    folder : Path
        Of runs: only the files in it are looked at, none in folders below.
    now : datetime
        UTC.
    keep : collection of str
        Names of files that stay, beside those that are pinned and those of the reference.

    Raises
    ------
    StoreError
        When the folder holds no run, or the reference runs.
    """
    if folder.resolve().name == REFERENCE:
        raise StoreError(f"{folder} holds the reference runs, which are never pruned.")
    loaded = read([folder], columns=())
    runs = [one for one in _runs(loaded.runs) if one.path.parent == folder]
    unread = [
        one
        for one in loaded.damaged
        if one.path.parent == folder and not _being_written(one.path)
    ]
    damaged = tuple(one for one in unread if RUN_NAME.fullmatch(one.path.stem))
    if not runs and not damaged:
        raise StoreError(f"there is no run in {folder} itself; name the folder that has them.")
    stay = {*pinned(folder), *of_reference(folder), *keep}
    chosen = going(runs, rule, now)
    gone = tuple(one for one in chosen if one.path.name not in stay)
    return Plan(
        folder,
        going=gone,
        figures={one.path: figures_of(one.path) for one in gone},
        damaged=damaged,
        strange=tuple(one.path.name for one in unread if one not in damaged),
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
                figures = planned.figures[run.path]
                for path in (run.path, *figures):
                    _move(path, Path(out_of_sight))
                for emptied in {one.parent for one in figures}:
                    with suppress(OSError):  # it holds something else
                        emptied.rmdir()
    except OSError as error:
        raise StoreError(
            f"{folder} can't be pruned: {error.strerror or error} ({error.filename})."
        ) from error
    _tidy(folder)


def _tidy(folder: Path) -> None:
    """Remove what a prune has left that was killed, not what one is at now."""
    for left in folder.glob(f"{LEFT_OVER}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > RULE.abandoned_seconds:
                shutil.rmtree(left)


def figures_of(run: Path) -> list[Path]:
    """Return the files of a run's figures: each is there in every format."""
    folder = run.with_suffix("")
    if folder.is_symlink() or not folder.is_dir():
        return []
    kinds = ([one.with_suffix(f".{kind}") for kind in FIGURES] for one in folder.glob("*.png"))
    return sorted(path for drawn in kinds if all(map(Path.is_file, drawn)) for path in drawn)


def size_of(run: Path) -> int:
    """Return how many bytes a run takes with its figures."""
    return sum(map(files.size_of, (run, *figures_of(run))))


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
        return told.st_size == 0 and time.time() - told.st_mtime < RULE.just_now_seconds
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
