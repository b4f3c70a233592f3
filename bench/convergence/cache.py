"""Keeps what was computed, under a key of all that it depends on.

A derived thing: the folder may be removed at any time. What depends on the workload is in the
key as the bytes of its arrays, and what depends on this program as the text of its files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import kernels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.convergence.setting import Setting
    from data.workload import Workload

#: Beside the folder of runs.
FOLDER = Path("results") / "cache" / "convergence"
#: Of the kernels' package, the files that decide what a training does.
TRAINING_FILES = ("reference.py", "rule.py", "sampling.py", "schedules.py")


@lru_cache(maxsize=1)
def _program() -> str:
    """Digest the files that a result depends on."""
    digest = hashlib.sha256(np.__version__.encode())
    folder = Path(kernels.__file__).parent
    own = sorted(Path(__file__).parent.glob("*.py"))
    for path in (*own, *(folder / name for name in TRAINING_FILES)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=4)
def _data(workload: Workload) -> str:
    """Digest a workload's arrays."""
    digest = hashlib.sha256(np.ascontiguousarray(workload.features).tobytes())
    digest.update(workload.labels.tobytes())
    digest.update(repr((workload.optimum.loss, *workload.optimum.weight)).encode())
    return digest.hexdigest()


def key(workload: Workload, setting: Setting, what: str) -> str:
    """Return a key.

    Parameters
    ----------
    workload : Workload
    setting : Setting
    what : str
        Tells apart what is kept of the same workload and setting.

    Returns
    -------
    str
        A hexadecimal number.
    """
    parts = [workload.name, _data(workload), asdict(setting), what, _program()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def get(folder: Path, name: str) -> dict[str, Any] | None:
    """Return what is kept under a key; None where there is nothing, or it is damaged."""
    try:
        found = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def put(folder: Path, name: str, value: Mapping[str, Any]) -> None:
    """Keep a value; where that is not possible, it is computed again the next time."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(value, file)
            Path(temporary).replace(folder / f"{name}.json")
        finally:
            Path(temporary).unlink(missing_ok=True)
