"""Which files the paths that were given stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


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
