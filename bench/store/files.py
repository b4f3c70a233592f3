"""Runs on disk: written whole or not at all, never overwritten, safe for several writers."""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench.store.rule import RULE

#: How files end that are being written.
PART, TEMPORARY = ".part", ".tmp"
#: The status of a run that has no case.
NOTHING = "nothing measured"

# Writes a file whole or not at all, so that what was there stays until the new one is done.


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a file to write to, and put it in its place once it is written.

    Parameters
    ----------
    path : Path
        Its folder is made where it is not there. A file that was there, or that a link leads
        to, is replaced; a device or a pipe stays, and is written to.

    Yields
    ------
    Path
        An empty file of another name, in the same folder. It is gone afterwards, whatever
        happens.

    Raises
    ------
    OSError
        When the folder or the file can't be written.
    """
    in_place = path.exists() and not path.is_file()
    real = path if in_place else path.resolve()
    folder = Path(tempfile.gettempdir()) if in_place else real.parent
    with _temporary(folder, f".{real.stem}-", f"{PART}{real.suffix}") as part:
        yield part
        if in_place:
            with part.open("rb") as written, real.open("wb") as target:
                shutil.copyfileobj(written, target)
            return
        _flush(part)
        part.replace(real)


@contextmanager
def _temporary(folder: Path, prefix: str, suffix: str) -> Iterator[Path]:
    """Give an empty file of its own, which is gone afterwards; make the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    # A name of its own: two may write the same file at once.
    handle, name = tempfile.mkstemp(dir=folder, prefix=prefix, suffix=suffix)
    os.close(handle)
    part = Path(name)
    try:
        yield part
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what writers that were killed have left in a folder."""
    for left in folder.glob(".*"):
        with suppress(OSError):
            hidden = PART in left.suffixes or left.suffix == TEMPORARY
            if hidden and time.time() - left.stat().st_mtime > RULE.abandoned_seconds:
                left.unlink()


def _flush(part: Path) -> None:
    """Have a file that is written on the disk, for all to read."""
    part.chmod(0o644)
    with part.open("rb") as file:
        os.fsync(file.fileno())


# Runs on disk: written whole or not at all, never overwritten, safe for several writers.


#: What `run_name` returns.
RUN_NAME = re.compile(r"\d{8}T\d{6}Z-([0-9a-f]{7}|nogit)-[0-9a-f]{6}")
#: Numbers, each on a line of its own, between brackets.
_NUMBERS = re.compile(r"\[\n\s*((?:[-+.0-9eE]+|null)(?:,\n\s*(?:[-+.0-9eE]+|null))*)\n\s*\]")
_BREAKS = re.compile(r",\n\s*")
#: Where runs go unless another folder is asked for.
RUNS = Path("results") / "runs"


class StoreError(Exception):
    """A run that can't be written or read; the message is one sentence."""


def run_name(now: datetime, commit: str | None, digits: str = "") -> str:
    """Return a new name: UTC time, short commit, six random hex digits.

    Parameters
    ----------
    now : datetime
        With a time zone.
    commit : str or None
        None where there is no git commit.
    digits : str
        In place of the random ones.

    Returns
    -------
    str
        As in ``20261122T104500Z-1a2b3c4-9f8e7d``.
    """
    time = now.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    return f"{time}-{commit[:7] if commit else 'nogit'}-{digits or secrets.token_hex(3)}"


def _finite(value: Any) -> Any:
    """Return a document with None for the numbers that JSON can't hold: NaN, infinity."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return value


def _written(document: Mapping[str, Any]) -> str:
    """Write a document as JSON, indented, but each list of numbers on one line.

    No string can hold the line break that such a list begins with: JSON escapes it.
    """
    text = json.dumps(_finite(document), indent=1, allow_nan=False, default=str)
    return _NUMBERS.sub(lambda found: "[" + _BREAKS.sub(", ", found[1]) + "]", text)


def write_run(folder: Path, document: Mapping[str, Any], commit: str | None) -> Path:
    """Write a run under a new name.

    The document is written to a hidden temporary file in the same folder, flushed to the
    disk, and only then given its name, by a hard link, which fails where the name exists.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    document : mapping
        JSON-ready; numbers that are not finite are written as null, since one of them must
        not cost the whole run, and no other reader would take a file that holds NaN.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        When the folder can't be written or the disk is full; no file is left then.
    """
    added = document.get("bench")
    empty = not document.get("benchmarks")
    if empty and isinstance(added, dict) and added.get("status") == "complete":
        document = {**document, "bench": {**added, "status": NOTHING}}
    text = _written(document)
    try:
        with _temporary(folder, ".", TEMPORARY) as part:
            part.write_text(text, encoding="utf-8")
            _flush(part)
            return _link(part, folder, commit)
    except OSError as error:
        raise unwritable(folder, error) from error


def check_writable(folder: Path, option: str = "--results") -> None:
    """Write nothing to a folder: before hours of measuring, not after them.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    option : str
        Names the folder.

    Raises
    ------
    StoreError
        When it can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error, option) from error


def unwritable(folder: Path, error: OSError, option: str = "--results") -> StoreError:
    """Say that a run can't be written to a folder."""
    return StoreError(
        f"the run can't be written to {folder}: {error.strerror or error}. Free space or "
        f"give another folder with {option}."
    )


def _link(temporary: Path, folder: Path, commit: str | None) -> Path:
    """Give a finished file its name; draw again where another writer took it."""
    while True:
        path = folder / f"{run_name(datetime.now(timezone.utc), commit)}.json"
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            continue
        except OSError:
            # A file system without hard links: reserve the name, then move onto it.
            try:
                path.touch(exist_ok=False)
            except FileExistsError:
                continue
            try:
                temporary.replace(path)
            except BaseException:
                path.unlink()
                raise
        return path


def read_run(path: Path) -> dict[str, Any]:
    """Read a run, or any file of pytest-benchmark.

    Returns
    -------
    dict
        What ``--benchmark-json`` writes.

    Raises
    ------
    StoreError
        When the file is missing, damaged, or no such file: each benchmark has a name, and
        statistics with a median or the rounds.
    """
    # Only who reads runs needs it: the processes that time kernels import this module too.
    from bench.store import decoding  # noqa: PLC0415

    try:
        content = path.read_bytes()
        document = decoding.json_of(content)
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror}.") from error
    except decoding.REFUSALS as error:
        raise StoreError(f"{path} is damaged: it is not valid JSON ({error}).") from error
    if not isinstance(document, dict) or not isinstance(document.get("benchmarks"), list):
        raise StoreError(f"{path} is no run file: it holds no list of benchmarks.")
    try:
        return decoding.sound(document, decoding.decode(content).left_out)
    except decoding.DamageError as error:
        raise StoreError(f"{path} is damaged: {error}") from error


def write_text(path: Path, text: str) -> None:
    """Write a text whole or not at all; what is no character is replaced.

    Raises
    ------
    StoreError
        When it can't be written.
    """
    try:
        with whole(path) as part:
            part.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise StoreError(f"{path} can't be written: {error.strerror or error}.") from error


def unmeasured_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Return why cases were skipped or failed, by id; files of other suites do not tell."""
    added = document.get("bench") or {}
    return {
        case["id"]: f"{kind}: {str(case.get('reason')).rstrip('.')}"
        for kind in ("skipped", "failed")
        for case in added.get(kind) or ()
        if case.get("id") is not None
    }


#: Version of what this project adds to pytest-benchmark's JSON under the key ``bench``.
#: 1: preset, protocol, command, status, skipped, failed.
FORMAT = 1


def commit_of(document: Mapping[str, Any]) -> str | None:
    """Return the commit that a run was measured at.

    Returns
    -------
    str or None
        None outside a git checkout, where pytest-benchmark has a word instead of a hash.
    """
    commit = str(document["commit_info"].get("id"))
    return commit if re.fullmatch(r"[0-9a-f]{7,64}", commit) else None


def size_of(file: Path) -> int:
    """Return a file's size in bytes; zero where it can't be told."""
    try:
        return file.stat().st_size
    except OSError:
        return 0
