"""Writes a file whole or not at all, so that what was there stays until the new one is done."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a file to write to, and put it in its place once it is written.

    Parameters
    ----------
    path : Path
        Its folder is made where it is not there. A file that was there is replaced.

    Yields
    ------
    Path
        An empty file of another name in the same folder. It is gone afterwards, whatever
        happens.

    Raises
    ------
    OSError
        When the folder or the file can't be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: two may write the same file at once.
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.stem}-", suffix=f".part{path.suffix}"
    )
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o644)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
