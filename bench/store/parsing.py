"""Parses run files into shards, many in several processes."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.store.database import Entry
from bench.store.files import size_of
from bench.store.rows import parse
from bench.store.rule import RULE
from bench.store.shards import write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Parses run files into shards.


@dataclass
class Kept:
    """What became of some run files.

    Attributes
    ----------
    entries : dict of str to Entry
        By source.
    damaged : list of (Path, str)
        Files that are no runs, and why.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    damaged: list[tuple[Path, str]] = field(default_factory=list)


def keep(folder: Path, files: Sequence[Path]) -> Kept:
    """Parse files in this process.

    Parameters
    ----------
    folder : Path
        Of the shards.
    files : sequence of Path
        Absolute.

    Returns
    -------
    Kept

    Raises
    ------
    OSError, duckdb.Error
        When a shard can't be written.
    """
    kept = Kept()
    for part in _parts(files):
        batch = parse(part)
        kept.damaged += batch.damaged
        if batch.files:
            kept.entries |= write(folder, batch)
    return kept


def _parts(files: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield the files of each shard."""
    part: list[Path] = []
    size = 0
    for file in files:
        part.append(file)
        size += size_of(file)
        if len(part) >= RULE.max_shard_files or size >= RULE.max_shard_bytes:
            yield part
            part, size = [], 0
    if part:
        yield part


# One of the processes that parse run files: ``python -m bench.store.parsing FOLDER``.
#
# It reads from standard input a JSON list of absolute paths, and writes what became of them:
# of each run its source, shard, key and stamp; of each other file its path and why it is no
# run.


def main() -> None:
    """Parse what is asked for."""
    gc.disable()  # nothing here holds itself, and there is much to look through
    files = [Path(name) for name in json.load(sys.stdin)]
    kept = keep(Path(sys.argv[1]), files)
    answer = {
        "runs": [
            (source, str(entry.shard), entry.key, entry.stamp)
            for source, entry in kept.entries.items()
        ],
        "damaged": [(str(path), reason) for path, reason in kept.damaged],
    }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()

# Parses many run files in several processes.
#
# They are commands of their own: ``multiprocessing`` would run again the module of whoever
# calls ``bench.load``. msgspec holds the interpreter's lock, so threads would take turns.


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
        [sys.executable, "-m", "bench.store.parsing", str(folder.resolve())],
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
