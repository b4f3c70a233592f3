"""Runs that stay whatever their age: those that were pinned, and those of the reference.

``pinned.txt`` in a folder of runs holds the names of those that are pinned, one a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.store import StoreError

if TYPE_CHECKING:
    from pathlib import Path

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

    Parameters
    ----------
    folder : Path

    Returns
    -------
    set of str

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
    """Return the names of the reference runs that belong to a folder of runs.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    set of str
    """
    return {path.name for path in (folder.resolve().parent / REFERENCE).glob("*.json")}
