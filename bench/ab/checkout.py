"""The kernels and data of a git revision, in a folder of their own while they are measured."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.processes.launcher import ROOT
from bench.selection.parsing import SelectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What is measured; what measures is always of this program.
MEASURED = ("kernels", "data")
SHORT = 7


@dataclass(frozen=True)
class Checkout:
    """A revision on disk.

    Attributes
    ----------
    commit : str
        In full.
    folder : Path
        Holds ``kernels`` and ``data``.
    """

    commit: str
    folder: Path


@contextmanager
def checkout(option: str, revision: str) -> Iterator[Checkout]:
    """Lay a revision's kernels and data out in a temporary folder.

    The repository is only read: nothing is left in it, however this ends.

    Parameters
    ----------
    option : str
        Which side asks, for messages.
    revision : str
        Whatever git takes for a commit.

    Yields
    ------
    Checkout

    Raises
    ------
    SelectionError
        When there is no such revision, or it has no kernels.
    """
    commit = _git(option, revision, "rev-parse", "--verify", f"{revision}^{{commit}}")
    name = commit.decode().strip()
    archive = _git(option, revision, "archive", "--format=tar", name, *MEASURED)
    with tempfile.TemporaryDirectory(prefix="bench-ab-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            _unpack(packed, folder)
        yield Checkout(name, Path(folder))


def _unpack(packed: tarfile.TarFile, folder: str) -> None:
    """Unpack, refusing what would end up elsewhere, where this Python can."""
    if hasattr(tarfile, "data_filter"):
        packed.extractall(folder, filter="data")
    else:
        packed.extractall(folder)  # noqa: S202 - git's own archive of this repository


def _git(option: str, revision: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)  # noqa: S607
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
