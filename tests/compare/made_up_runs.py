"""Runs that nobody measured, as the tables that loading gives."""

from __future__ import annotations

import json
from statistics import median
from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.stats.medians import median_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT = pd.StringDtype("python")
DTYPES: dict[str, Any] = {
    **dict.fromkeys(("run", "name", "fullname", "case", "workload", "kernel"), TEXT),
    **dict.fromkeys(("backend", "device", "loader", "precision", "sampling"), TEXT),
    **dict.fromkeys(("schedule", "status", "commit", "fingerprint"), TEXT),
    **dict.fromkeys(("fingerprint_id", "node", "preset"), TEXT),
    **dict.fromkeys(("batch_size", "n_samples", "seed", "epochs", "processes"), "Int64"),
    **dict.fromkeys(("untrusted", "dirty"), "boolean"),
}
FINGERPRINT: dict[str, Any] = {
    "cpu_model": "A processor",
    "cores_usable": 2,
    "caches": [{"level": 2, "type": "Unified", "size_bytes": 2**20, "shared_by": 1}],
    "os": "Debian",
    "python": "3.11.7",
    "backends": {"mxnet": {"mxnet": "1.9.1"}, "numpy": {"numpy": "1.26.4"}},
    "threads": {"settings": {"OMP_NUM_THREADS": "2"}, "pools": {}},
    "precision": "float32",
    "gpus": [],
    "gpu_reason": "no driver.",
}


def case(run: str, processes: Sequence[Sequence[float]], **facts: Any) -> dict[str, Any]:
    """Return a row: an epoch, by the rounds of each of its processes."""
    kernel, device = facts.get("kernel", "nd.autograd"), facts.get("device", "cpu(0)")
    size = facts.get("batch_size", 10)
    name = f"bench_epoch[airfoil-{kernel}-{device}-inmemory-B{size}]"
    pooled = [seconds for rounds in processes for seconds in rounds]
    medians = [median(rounds) for rounds in processes]
    low, high = median_interval(pooled) or (float("nan"), float("nan"))
    several = len(medians) > 1
    return {
        "run": run,
        "name": name,
        "fullname": f"bench/cases/bench_epoch.py::{name}",
        "case": "epoch",
        "workload": "airfoil",
        "kernel": kernel,
        "backend": "mxnet",
        "device": device,
        "loader": "inmemory",
        "batch_size": size,
        "n_samples": 1500,
        "precision": None,
        "sampling": "without-replacement",
        "schedule": "constant",
        "seed": 0,
        "learning_rate": 0.005,
        "epochs": 3,
        "tolerance": float("nan"),
        "loss": 0.2575,
        "seconds": median(pooled),
        "seconds_low": low,
        "seconds_high": high,
        "between_low": min(medians) if several else float("nan"),
        "between_high": max(medians) if several else float("nan"),
        "process_seconds": medians,
        "untrusted": False,
        **facts,
    }


def foreign(run: str, rounds: Sequence[float], name: str, **facts: Any) -> dict[str, Any]:
    """Return a row of another suite's benchmark."""
    nothing = dict.fromkeys(("case", "workload", "kernel", "backend", "device", "loader"))
    nothing |= dict.fromkeys(("batch_size", "n_samples", "sampling", "schedule", "seed"))
    nothing |= dict.fromkeys(("epochs", "untrusted"))
    told = {"name": name, "fullname": f"test_it.py::{name}", "loss": float("nan")}
    return case(run, [rounds], **nothing, **told, learning_rate=float("nan")) | facts


def run(name: str, day: int = 1, **facts: Any) -> dict[str, Any]:
    """Return a row of the runs; ``fingerprint`` may be a mapping."""
    fingerprint = facts.pop("fingerprint", FINGERPRINT)
    return {
        "run": name,
        "taken": pd.Timestamp(2026, 11, day, tz="UTC"),
        "commit": "b5c82494be8c82e7",
        "dirty": False,
        "node": "vm",
        "fingerprint": json.dumps(fingerprint),
        "fingerprint_id": "918f6f410039",
        "preset": "quick",
        "status": "complete",
        "processes": None,
        **facts,
    }


def table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Put rows together, with the dtypes of loading."""
    made: pd.DataFrame = pd.DataFrame(list(rows))
    typed: pd.DataFrame = made.astype({n: kind for n, kind in DTYPES.items() if n in made})
    return typed


def fingerprint(**changed: Any) -> dict[str, Any]:
    """Return the fingerprint with other facts."""
    return {**FINGERPRINT, **changed}
