"""Stored runs as tables: found, read, and written for other programs."""

from __future__ import annotations

import json
import os
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.store.arrays import array, frame, texts
from bench.store.files import NOTHING, StoreError, read_run, size_of, unmeasured_of
from bench.store.index import Fetched, fetch
from bench.store.rows import FACTS, OWN, parse
from bench.store.rule import RULE
from bench.store.schema import CASES, GIVEN, REPEATED, RUNS, Column

# What loading stored runs gives.


class DamagedRunWarning(UserWarning):
    """A file was left out because it is damaged or no run."""


@dataclass(frozen=True)
class Damaged:
    """A file that could not be read.

    Attributes
    ----------
    reason : str
        One sentence.
    """

    path: Path
    reason: str


@dataclass(frozen=True)
class Loaded:
    """Stored runs as tables.

    Attributes
    ----------
    cases : DataFrame
        One row a case and run; columns as ``bench.store.schema.CASES`` says.
    runs : DataFrame
        One row a run, in the order asked for; columns as ``bench.store.schema.RUNS`` says.
    damaged : tuple of Damaged
        What was left out.
    """

    cases: pd.DataFrame
    runs: pd.DataFrame
    damaged: tuple[Damaged, ...]


# Which files the paths that were given stand for.


#: Folders beside runs that hold something else: journals, what was set aside, and runs that
#: were measured to confirm another.
NO_RUNS = frozenset(("unfinished", "damaged", "confirmations"))


@dataclass(frozen=True)
class Found:
    """A file that is to be read.

    Attributes
    ----------
    path : Path
        As it was named.
    real : Path
        Absolute, without links.
    argument : int
        Which of the paths that were given it belongs to.
    """

    path: Path
    real: Path
    argument: int


def find(paths: Sequence[Path]) -> list[Found]:
    """List the files that paths stand for, each once.

    Parameters
    ----------
    paths : sequence of Path
        Files, and folders: such a one stands for every ``*.json`` in it; where there is none,
        for those one level down, as pytest-benchmark keeps them. Hidden files are no runs, nor
        is what lies in a folder of `NO_RUNS`.

    Returns
    -------
    list of Found
        In the order of the paths; the files of a folder by name.

    Raises
    ------
    StoreError
        When a path is missing, or a folder holds no run.
    """
    found: dict[Path, Found] = {}
    for argument, path in enumerate(paths):
        try:
            path.stat()
            files = _in_folder(path) if path.is_dir() else [path]
            for file in files:
                real = file.resolve()
                found.setdefault(real, Found(file, real, argument))
        except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL
            reason = getattr(error, "strerror", None) or error
            raise StoreError(
                f"{path} can't be read: {reason}. Name a run file or a folder."
            ) from error
        if not files:
            raise StoreError(f"there is no run in {path}; name a run file or another folder.")
    return list(found.values())


def _in_folder(folder: Path) -> list[Path]:
    own = sorted(_runs(folder))
    if own:
        return own
    below = [one for one in sorted(folder.iterdir()) if _counts(one) and one.is_dir()]
    return [file for one in below for file in sorted(_runs(one))]


def _runs(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.suffix == ".json" and _counts(path) and path.is_file():
            yield path


def _counts(path: Path) -> bool:
    return not path.name.startswith(".") and path.name not in NO_RUNS


def newest_run(path: Path, holding: str = "") -> Path:
    """Return the newest run of a folder that measured something; a file is itself.

    Parameters
    ----------
    holding : str
        A word that the run is to hold; where none does, it is the newest of all.

    Raises
    ------
    StoreError
        When there is none.
    """
    # Unlike pathlib's, these fail for no name, however odd or long.
    folder, there = os.path.isdir(path), os.path.exists(path)  # noqa: PTH110, PTH112
    if not folder and (there or path.suffix):
        return path
    files = [one.path for one in find([path])] if folder else []
    newest_first = sorted(files, key=lambda one: one.name, reverse=True)
    # Read one by one, no further than needed: a folder may hold years of them.
    measured = (one for one in newest_first if not _measured_nothing(one))
    newest = next(measured, None)
    if newest is None:
        raise StoreError(f"there is no run in {path}; name one, or measure: tox run -e bench.")
    if not holding:
        return newest
    return next((one for one in chain([newest], measured) if _holds(one, holding)), newest)


def _holds(path: Path, word: str) -> bool:
    try:
        return f'"{word}"'.encode() in path.read_bytes()
    except OSError:
        return False


def _measured_nothing(path: Path) -> bool:
    try:
        text = path.read_bytes()
        return NOTHING.encode() in text and json.loads(text)["bench"]["status"] == NOTHING
    except (OSError, ValueError, LookupError, TypeError):
        return False  # who reads it says what is wrong with it


# Stored runs as tables.


def read(paths: Sequence[Path], columns: Collection[str] | None = None) -> Loaded:
    """Read stored runs, of this suite or any other that pytest-benchmark has written.

    Parameters
    ----------
    paths : sequence of Path
        Files, or folders of them.
    columns : collection of str, optional
        Which columns of the cases are wanted, besides those of `REPEATED`; all by default.
        The fewer, the less time and memory a large set takes.

    Raises
    ------
    StoreError
        When a path is missing, or a folder holds no run.
    """
    files = find(paths)
    wanted = [one for one in OWN if columns is None or one.name in columns]
    real = [one.real for one in files]
    found = None
    if sum(map(size_of, real)) > RULE.max_parsed_bytes:
        found = fetch(real, wanted)
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


def _parsed(files: Sequence[Path], wanted: Sequence[Column]) -> Fetched:
    """Parse all files here and now."""
    batch = parse(files)
    return Fetched(
        batch.files,
        {one.name: array(one.kind, batch.cases[one.name]) for one in wanted},
        {one.name: array(one.kind, batch.runs[one.name]) for one in FACTS},
        dict(batch.damaged),
    )


# Stored runs for users of pandas.


def load(
    path_or_paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
) -> pd.DataFrame:
    """Load stored runs, of this suite or any other that pytest-benchmark has written.

    Parameters
    ----------
    path_or_paths : str, path, or iterable of these
        Files, or folders: such a one stands for every ``*.json`` in it; where there is none,
        for those one level down.

    Returns
    -------
    DataFrame
        One row a case and run. ``results/README.md`` says what the columns mean.

    Raises
    ------
    StoreError
        When a path is missing, a folder holds no run, or all files are damaged.

    Warns
    -----
    DamagedRunWarning
        For each file that is damaged or no run, which is left out; and for each benchmark
        of another suite that has no times.
    """
    if isinstance(path_or_paths, (str, os.PathLike)):
        path_or_paths = [path_or_paths]
    loaded = read([Path(path) for path in path_or_paths])
    sentences = [f"{one.path} was left out: {one.reason}" for one in loaded.damaged]
    if loaded.runs.empty:
        raise StoreError(" ".join(["no run could be read.", *sentences]))
    for sentence in (*sentences, *lacking(loaded.runs)):
        warnings.warn(sentence, DamagedRunWarning, stacklevel=2)
    return loaded.cases


def lacking(runs: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for what runs of other suites lack: a benchmark's times, or all.

    Parameters
    ----------
    runs : DataFrame
        Those that were read.
    """
    for path in runs.loc[runs["n_cases"].eq(0), "path"]:
        yield f"{path} holds no benchmark."
    partial = runs["status"].isna() & runs["n_failed"].fillna(0).gt(0)
    for path in runs.loc[partial, "path"]:
        for name, why in unmeasured_of(read_run(Path(path))).items():
            yield f"{path}: {name} was left out ({why})."


# Puts parsed runs in order, names them, and makes the two tables.


def assemble(
    files: Sequence[Found], cases: Mapping[str, Any], runs: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the tables.

    Parameters
    ----------
    files : sequence of Found
        Those that were read.
    cases, runs : mapping of str to array
        Columns, in the order of ``files``; of the cases some may be left out.

    Returns
    -------
    cases, runs : DataFrame
        Runs in the order of the paths that were given; those found in a folder by time, then
        name.
    """
    facts = frame([one for one in RUNS if one.name not in GIVEN], runs)
    facts.insert(0, "run", pd.Series(texts(run_names([one.path for one in files]))))
    facts.insert(1, "path", pd.Series(texts([str(one.path) for one in files])))
    counts = facts["n_cases"].to_numpy(dtype=np.int64)
    order = _order(files, runs["taken"])
    rows = np.argsort(np.repeat(np.argsort(order), counts), kind="stable")
    given = [one for one in CASES if one.name in cases]
    table = frame(given, cases)
    for place, name in enumerate(REPEATED):
        table.insert(place, name, np.repeat(facts[name].array, counts))
    if not np.array_equal(rows, np.arange(len(rows))):
        table = table.take(rows).reset_index(drop=True)
    return table, facts.take(order).reset_index(drop=True)[[one.name for one in RUNS]]


def _order(files: Sequence[Found], taken: Any) -> list[int]:
    """Return the places of the runs in their order; those without a time come last."""
    when = np.where(np.isnat(taken), np.iinfo(np.int64).max, taken.astype(np.int64)).tolist()
    return sorted(
        range(len(files)),
        key=lambda place: (files[place].argument, when[place], files[place].path.name),
    )


def run_names(paths: Sequence[Path]) -> list[str]:
    """Name runs by the stems of their files, with as many folders as tell them apart.

    Parameters
    ----------
    paths : sequence of Path
        No two of the same file.

    Returns
    -------
    list of str
        All different.
    """
    depths = [1] * len(paths)
    while True:
        names = [_named(path, depth) for path, depth in zip(paths, depths, strict=True)]
        counts = Counter(names)
        grown = [
            min(depth + (counts[name] > 1), len(path.parts))
            for path, depth, name in zip(paths, depths, names, strict=True)
        ]
        if grown == depths:
            break
        depths = grown
    return _numbered(names)


def _named(path: Path, depth: int) -> str:
    parts = [*path.parts[-depth:-1], path.stem]
    return os.fsencode("/".join(parts)).decode(errors="replace")


def _numbered(names: Sequence[str]) -> list[str]:
    """Tell apart by a number what has one name still, as ``a.json`` and ``a.txt`` have."""
    seen: Counter[str] = Counter()
    told = []
    for name in names:
        seen[name] += 1
        told.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return told
