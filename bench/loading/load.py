"""Stored runs for users of pandas."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from bench.loading.loaded import DamagedRunWarning
from bench.loading.reading import read
from bench.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd


def load(
    path_or_paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
) -> pd.DataFrame:
    """Load stored runs, of this suite or any other that pytest-benchmark has written.

    Parameters
    ----------
    path_or_paths : str, path, or iterable of these
        Files, or folders: such a one stands for every ``*.json`` in it; where there is none,
        for those one level down.

    Returns
    -------
    DataFrame
        One row a case and run. ``results/README.md`` says what the columns mean.

    Raises
    ------
    StoreError
        When a path is missing, a folder holds no run, or all files are damaged.

    Warns
    -----
    DamagedRunWarning
        For each file that is damaged or no run; it is left out.
    """
    if isinstance(path_or_paths, (str, os.PathLike)):
        path_or_paths = [path_or_paths]
    loaded = read([Path(path) for path in path_or_paths])
    sentences = [f"{one.path} was left out: {one.reason}" for one in loaded.damaged]
    if loaded.runs.empty:
        raise StoreError(" ".join(["no run could be read.", *sentences]))
    for sentence in sentences:
        warnings.warn(sentence, DamagedRunWarning, stacklevel=2)
    return loaded.cases
