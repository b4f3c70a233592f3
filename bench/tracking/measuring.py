"""Measures one run, as ``python -m bench run`` in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from bench.exits import Exit
from bench.selection.parsing import SelectionError
from bench.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: A run that is stopped finishes the case in progress.
FINISH_SECONDS = 600.0


def measure(options: Sequence[str], folder: Path) -> Path:
    """Measure a run.

    Parameters
    ----------
    options : sequence of str
        Of ``python -m bench run``.
    folder : Path
        Where it goes.

    Returns
    -------
    Path
        Its file.

    Raises
    ------
    StoreError
        When it left no run; the message says how it ended.
    SelectionError
        When its options are wrong: no later round would do better.
    KeyboardInterrupt
        After Ctrl-C, once the run has ended.
    """
    before = _runs(folder)
    command = [sys.executable, "-m", "bench", "run", *options, "--results", str(folder)]
    process = subprocess.Popen(command)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        # Ctrl-C reaches the run too: it finishes its case and saves what it has.
        _end(process)
        raise
    except BaseException:
        process.kill()
        raise
    new = sorted(_runs(folder) - before)
    if code == Exit.INTERRUPTED:
        raise KeyboardInterrupt
    if not new and code == Exit.USAGE:
        raise SelectionError("the options of bench run are wrong; its message is above.")
    if not new:
        raise StoreError(
            f"bench run {' '.join(options)} ended with {code} and left no run; its message is "
            f"above."
        )
    return new[-1]


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(FINISH_SECONDS)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        process.send_signal(signal.SIGTERM)
        process.wait()


def _runs(folder: Path) -> set[Path]:
    return set(folder.glob("*.json")) if folder.is_dir() else set()
