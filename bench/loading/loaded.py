"""What loading stored runs gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


class DamagedRunWarning(UserWarning):
    """A file was left out because it is damaged or no run."""


@dataclass(frozen=True)
class Damaged:
    """A file that could not be read.

    Attributes
    ----------
    path : Path
    reason : str
        One sentence.
    """

    path: Path
    reason: str


@dataclass(frozen=True)
class Loaded:
    """Stored runs as tables.

    Attributes
    ----------
    cases : DataFrame
        One row a case and run; columns as ``bench.loading.columns.CASES`` says.
    runs : DataFrame
        One row a run, in the order asked for; columns as ``bench.loading.columns.RUNS`` says.
    damaged : tuple of Damaged
        What was left out.
    """

    cases: pd.DataFrame
    runs: pd.DataFrame
    damaged: tuple[Damaged, ...]
