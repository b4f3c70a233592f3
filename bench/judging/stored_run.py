"""One side of a comparison: a stored run with its cases, and why it lacks others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.loading.finding import find
from bench.loading.reading import read
from bench.store import StoreError, read_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

#: What a comparison needs of a case: which it is, what work it did, and its times.
COLUMNS = (
    *("name", "fullname", "case", "workload", "kernel", "backend", "device", "loader"),
    *("batch_size", "n_samples", "n_features", "n_parameters", "n_tensors", "n_bytes"),
    *("control", "precision", "momentum", "density", "sampling", "schedule", "seed"),
    *("learning_rate", "epochs", "tolerance", "loss"),
    *("seconds", "seconds_low", "seconds_high", "process_seconds", "untrusted"),
)


@dataclass(frozen=True)
class StoredRun:
    """A run that was read.

    Attributes
    ----------
    path : Path
    cases : DataFrame
        A row for each case: `COLUMNS`, ``run`` and ``taken``.
    run : Series
        The row of the run, as ``bench.loading.columns.RUNS`` says.
    unmeasured : mapping of str to str
        Why a case was skipped or failed, by its id.
    """

    path: Path
    cases: pd.DataFrame
    run: pd.Series
    unmeasured: Mapping[str, str]

    @property
    def name(self) -> str:
        """What it is called: the stem of its file."""
        return str(self.run["run"])

    @property
    def interrupted(self) -> bool:
        """Whether it holds only what was finished."""
        return str(self.run["status"]) == "interrupted"


def stored_run(path: Path) -> StoredRun:
    """Read a run.

    Parameters
    ----------
    path : Path
        A file; or a folder, which stands for its newest run: that whose name is the last.

    Returns
    -------
    StoredRun

    Raises
    ------
    StoreError
        When it is missing, damaged or no run, or the folder holds none.
    """
    file = max(find([path]), key=lambda one: one.path.name).path
    document = read_run(file)
    loaded = read([file], columns=COLUMNS)
    if loaded.damaged:
        raise StoreError(f"{file} is damaged: {loaded.damaged[0].reason}")
    return StoredRun(
        file, loaded.cases, loaded.runs.iloc[0], _unmeasured(document.get("bench"))
    )


def _unmeasured(added: object) -> dict[str, str]:
    """Collect why cases were not measured; files of other suites do not tell."""
    if not isinstance(added, dict):
        return {}
    found = {}
    for kind in ("skipped", "failed"):
        listed = added.get(kind)
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict) and isinstance(one.get("id"), str):
                found[one["id"]] = f"{kind}: {str(one.get('reason')).rstrip('.')}"
    return found
