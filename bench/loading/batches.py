"""Parses run files into columns: the rows of their cases, and a row a run."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.loading.case_rows import case_columns
from bench.loading.columns import CASES, GIVEN, RUNS
from bench.loading.decoding import DamageError, decode
from bench.loading.run_facts import run_facts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: Columns that a case has of its own.
OWN = tuple(one for one in CASES if one.name not in {"run", "taken"})
FACTS = tuple(one for one in RUNS if one.name not in GIVEN)


@dataclass
class Batch:
    """Some parsed runs.

    Attributes
    ----------
    cases : dict of str to list
        By the names of ``OWN``; all cases of a run, then those of the next.
    runs : dict of str to list
        By the names of ``FACTS``.
    files : list of Path
        Those that the runs are from.
    stamps : list of tuple of int
        Size in bytes and time of last change in ns of each file, when it was read.
    damaged : list of (Path, str)
        Files that are no runs, and why.
    """

    cases: dict[str, list[Any]] = field(default_factory=lambda: {one.name: [] for one in OWN})
    runs: dict[str, list[Any]] = field(default_factory=lambda: {one.name: [] for one in FACTS})
    files: list[Path] = field(default_factory=list)
    stamps: list[tuple[int, int]] = field(default_factory=list)
    damaged: list[tuple[Path, str]] = field(default_factory=list)


def parse(files: Iterable[Path]) -> Batch:
    """Parse run files.

    Parameters
    ----------
    files : iterable of Path

    Returns
    -------
    Batch
    """
    batch = Batch()
    for file in files:
        try:
            content, stamp = _read(file)
            document = decode(content)
            cases = case_columns(document)
        except OSError as error:
            batch.damaged.append((file, f"it can't be read: {error.strerror or error}."))
            continue
        except DamageError as error:
            batch.damaged.append((file, str(error)))
            continue
        for name, values in cases.items():
            batch.cases[name].extend(values)
        for name, value in run_facts(document).items():
            batch.runs[name].append(value)
        batch.files.append(file)
        batch.stamps.append(stamp)
    return batch


def _read(file: Path) -> tuple[bytes, tuple[int, int]]:
    """Read a file, with the stamp that it had before: one that changes meanwhile is read again.

    So a stamp in the cache is never newer than what it stands for.
    """
    with file.open("rb") as opened:
        told = os.fstat(opened.fileno())
        return opened.read(), (told.st_size, told.st_mtime_ns)
