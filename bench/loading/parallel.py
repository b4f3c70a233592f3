"""Parses many run files in several processes.

They are commands of their own: ``multiprocessing`` would run again the module of whoever calls
``bench.load``. msgspec holds the interpreter's lock, so threads would take turns.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.loading.keeping import Kept
from bench.loading.shards import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]


def keep_in_processes(folder: Path, files: Sequence[Path], n_processes: int) -> Kept:
    """Parse files, a share in each process.

    Parameters
    ----------
    folder : Path
        Of the shards.
    files : sequence of Path
        Absolute.
    n_processes : int

    Returns
    -------
    Kept
        Without the share of a process that could not be started, or did not end well.
    """
    kept = Kept()
    with ExitStack() as at_the_end:
        running = []
        for first in range(n_processes):
            with suppress(OSError):  # the caller does itself what is not done
                process = at_the_end.enter_context(_start(folder))
                at_the_end.callback(process.kill)
                _ask(process, files[first::n_processes])
                running.append(process)
        for process in running:
            answer, _ = process.communicate()
            if process.returncode == 0:
                with suppress(ValueError):
                    _add(kept, json.loads(answer))
    return kept


def _start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.loading.worker", str(folder.resolve())],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _ask(process: subprocess.Popen[bytes], files: Sequence[Path]) -> None:
    """Give a process its share."""
    assert process.stdin is not None  # noqa: S101 - it was asked for
    request, process.stdin = process.stdin, None  # else ``communicate`` would write to it
    with request:
        request.write(json.dumps([str(file) for file in files]).encode())


def _add(kept: Kept, answer: dict[str, list[list[Any]]]) -> None:
    """Take note of what a process has done."""
    for source, shard, key, stamp in answer["runs"]:
        kept.entries[source] = Entry(Path(shard), key, (stamp[0], stamp[1]))
    kept.damaged += [(Path(path), reason) for path, reason in answer["damaged"]]


def usable_cores() -> int:
    """Count the CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
