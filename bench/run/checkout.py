"""The git checkout that this program lies in, and revisions of it, laid out to be measured."""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench.plan.values import SelectionError
from bench.run.rule import RULE

ROOT = Path(__file__).resolve().parents[2]
#: What git sets for its hooks: whatever the folder, git then asks that repository.
OF_GIT = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}


def git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git on the checkout that this program lies in, whatever the working directory."""
    return subprocess.run(
        ["git", "--no-optional-locks", *arguments],  # noqa: S607
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in OF_GIT},
        capture_output=True,
        check=False,
    )


def commit_info(revision: str | None = None) -> dict[str, Any]:
    """Say which commit this program is, or a revision of it, as the run file does.

    Returns
    -------
    dict
        pytest-benchmark's would be the working directory's. ``id`` is None where this is no
        checkout: installed, say, into an environment that lies inside another checkout.
    """
    shown = ("show", "-s", "--no-show-signature", "--format=%H %cI %aI", revision or "HEAD")
    asked = (
        ("ls-files", "bench"),
        shown,
        ("status", "-s", "-uno"),
        ("branch", "--show-current"),
    )
    try:
        ours, told, changed, branch = (git(*one).stdout.decode().strip() for one in asked)
    except OSError:  # there is no git
        ours = told = ""
    if not ours or not told:
        return {"id": None, "dirty": False}
    return {
        **dict(zip(("id", "time", "author_time"), told.split(), strict=True)),
        "dirty": revision is None and bool(changed),
        "branch": (revision is None and branch) or "(detached head)",
        "project": "minibatch-bench",
    }


# The kernels and data of a git revision, in a folder of their own while they are measured.


#: What is measured; what measures is always of this program.
MEASURED = ("kernels", "data")
#: Of the folder's name.
PREFIX = "bench-ab-"


@contextmanager
def checkout(option: str, revision: str) -> Iterator[tuple[str, Path]]:
    """Lay a revision's kernels and data out in a temporary folder.

    The repository is only read: nothing is left in it, however this ends.

    Parameters
    ----------
    option : str
        Which side asks, for messages.
    revision : str
        Whatever git takes for a commit.

    A folder that a killed process has left is removed: nobody holds it any more.

    Yields
    ------
    tuple of (str, Path)
        The commit in full, and the folder that holds ``kernels`` and ``data``.

    Raises
    ------
    SelectionError
        When there is no such revision, or it has no kernels.
    """
    commit = _git(option, revision, "rev-parse", "--verify", f"{revision}^{{commit}}")
    name = commit.decode().strip()
    archive = _git(option, revision, "archive", "--format=tar", name, *MEASURED)
    _remove_abandoned()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder, _held(Path(folder)):
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            _unpack(packed, folder)
        yield name, Path(folder)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder, as long as this process lives.

    Raises
    ------
    OSError
        When another process holds it.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _remove_abandoned() -> None:
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        # One that is new may not be held yet.
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > RULE.start_seconds:
                with _held(left):
                    shutil.rmtree(left)


def _unpack(packed: tarfile.TarFile, folder: str) -> None:
    """Unpack, refusing what would end up elsewhere, where this Python can."""
    if hasattr(tarfile, "data_filter"):
        packed.extractall(folder, filter="data")
    else:
        packed.extractall(folder)  # noqa: S202 - git's own archive of this repository


def _git(option: str, revision: str, *arguments: str) -> bytes:
    try:
        done = git(*arguments)
    except OSError as error:
        raise SelectionError(
            f"{option}: rev={revision} needs git: {error.strerror}."
        ) from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise SelectionError(
            f"{option}: rev={revision} can't be measured: {said[-1] if said else 'git failed'}."
        )
    return done.stdout
