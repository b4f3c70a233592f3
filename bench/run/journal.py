"""What an unfinished run has measured so far, on disk: one line as soon as a case is done.

Each line is written whole and flushed to the disk before the next case begins, so whatever
ends the run, at most the case in progress is lost. When the run is finished its file is
written and the journal is removed; until then ``--resume`` goes on from it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.plan.tasks import Cause, Outcome, Pass
from bench.store.files import StoreError, unwritable

#: Below the folder of runs.
FOLDER = "unfinished"


class Journal:
    """A journal that this process writes; no other can at the same time.

    Parameters
    ----------
    path : Path
        Opened for appending, made if it is not there.

    Raises
    ------
    StoreError
        When it can't be opened, or another process writes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise unwritable(path.parent, error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreError(f"{path.name} belongs to a run that is still going on.") from error
        # A line that a dying process left half-written would swallow the next one.
        os.ftruncate(self._file, _whole(path.read_bytes()))

    def write(self, line: Mapping[str, Any]) -> None:
        """Append a line, whole or not at all.

        Parameters
        ----------
        line : mapping
            JSON-ready.

        Raises
        ------
        StoreError
            When the disk is full.
        """
        size = os.fstat(self._file).st_size
        text = memoryview(f"{json.dumps(line, default=str)}\n".encode())
        try:
            while text:
                text = text[os.write(self._file, text) :]
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, size)
            raise unwritable(self.path.parent, error) from error

    def add(self, outcome: Outcome) -> None:
        """Append what came of a task."""
        self.write({"outcome": asdict(outcome)})

    def remove(self) -> None:
        """Remove the file: its run is finished."""
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go of the file; it stays."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _whole(text: bytes) -> int:
    """Return the length of the lines that are whole."""
    return text.rfind(b"\n") + 1


def read_journal(path: Path) -> tuple[dict[str, Any], list[Outcome]]:
    """Read what an unfinished run has measured.

    Returns
    -------
    tuple of (dict, list of Outcome)
        What the run was asked for, and what came of it so far.

    Raises
    ------
    StoreError
        When it can't be read, or its first line is missing.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror}.") from error
    lines = text[: _whole(text)].splitlines()
    try:
        header, *rest = (json.loads(line) for line in lines)
        outcomes = [_outcome(line["outcome"]) for line in rest]
        asked: dict[str, Any] = header["asked"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is damaged: it is no journal of a run ({error}).") from error
    return asked, outcomes


def _outcome(line: Mapping[str, Any]) -> Outcome:
    cause = None if line["cause"] is None else Cause(line["cause"])
    return Outcome(**{**line, "kind": Pass(line["kind"]), "cause": cause})


def unfinished(folder: Path) -> list[Path]:
    """List the journals of a folder of runs, the newest last."""
    return sorted((folder / FOLDER).glob("*.jsonl"))
