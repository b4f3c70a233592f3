"""Histories of folders that nobody measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.history.machine_history import Machine, machines
from bench.history.series import History, history
from bench.store.table import read
from tests.history.stored_history import FINGERPRINT, document, factors, store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

    import pandas as pd

UPGRADED = {**FINGERPRINT, "kernel": "Linux 6.8"}
#: Another version of one backend.
OTHER_NUMPY = {
    **FINGERPRINT,
    "backends": {"numpy": {"numpy": "2.1"}, "mxnet": {"mxnet": "1.9.1"}},
}


def days(
    folder: Path,
    first: int,
    last: int,
    fingerprint: Mapping[str, Any] = FINGERPRINT,
    change: Callable[[str, int], float] = lambda _, __: 0.0,
    **machine: Any,
) -> None:
    """Store a run for each day, in which a case takes longer by a share."""
    for day in range(first, last + 1):
        drawn = {name: one * (1 + change(name, day)) for name, one in factors(day).items()}
        store(folder, day, document(day, drawn, fingerprint, **machine))


def read_all(folder: Path) -> tuple[pd.DataFrame, Machine]:
    """Return the cases and the machine of a folder of one."""
    loaded = read([folder])
    (machine,) = machines(loaded.runs).found
    return loaded.cases, machine


def history_of(folder: Path) -> History:
    cases, machine = read_all(folder)
    return history(cases, machine.runs)
