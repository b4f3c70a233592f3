"""Folders of runs that nobody measured: a kernel with three batch sizes, and controls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

MIB = 2**20
FINGERPRINT: dict[str, Any] = {
    "cpu_model": "A processor",
    "cores_physical": 2,
    "memory_bytes": 8_000_000_000,
    "caches": [{"level": 3, "type": "Unified", "size_bytes": 8 * MIB, "shared_by": 2}],
    "os": "Debian",
    "kernel": "Linux 6.1",
    "python": "3.11.7",
    "backends": {"numpy": {"numpy": "1.26.4"}, "mxnet": {"mxnet": "1.9.1"}},
    "precision": "float32",
    "gpus": [],
}
SPREAD = 0.004
#: Seconds of each case.
EPOCHS = {
    f"bench_epoch[airfoil-{kernel}-cpu(0)-inmemory-B{size}]": (kernel, backend, size, 1 / size)
    for kernel, backend in (("numpy.closed_form", "numpy"), ("nd.fused", "mxnet"))
    for size in (1, 10, 100)
}
CONTROLS = {
    f"bench_machine[{backend}-cpu(0)-{control}-bytes{n_bytes}]": (backend, control, n_bytes)
    for backend in ("numpy", "mxnet")
    for control, n_bytes in (
        *(("triad", 128 * MIB), ("triad", 64 * 1024), ("matmul", MIB)),
        ("empty_operator", 4),
    )
}
NAMES = (*EPOCHS, *CONTROLS)


def is_memory(name: str) -> bool:
    return name.endswith(f"triad-bytes{128 * MIB}]")


def is_kernel(name: str) -> bool:
    return "numpy.closed_form" in name


def _facts(name: str) -> dict[str, Any]:
    if name in EPOCHS:
        kernel, backend, size, _ = EPOCHS[name]
        return {
            "case": "epoch",
            "workload": "airfoil",
            "kernel": kernel,
            "backend": backend,
            "device": "cpu(0)",
            "loader": "inmemory",
            "batch_size": size,
            "n_samples": 1500,
            "n_features": 4,
        }
    backend, control, n_bytes = CONTROLS[name]
    return {
        "case": "machine",
        "backend": backend,
        "device": "cpu(0)",
        "control": control,
        "n_bytes": n_bytes,
    }


def benchmark(name: str, seconds: float, **facts: Any) -> dict[str, Any]:
    """Return a case that two processes measured."""
    rounds = [seconds] * 10
    return {
        "group": "some",
        "name": name,
        "fullname": f"bench/cases/some.py::{name}",
        "params": {key: value for key, value in _facts(name).items() if key != "case"},
        "extra_info": {
            **_facts(name),
            "disturbed_rounds": 0,
            "untrusted": False,
            "verified": True,
            "processes": [{"median": seconds * 0.999}, {"median": seconds * 1.001}],
            **facts,
        },
        "options": {},
        "stats": {
            "min": seconds,
            "max": seconds,
            "mean": seconds,
            "median": seconds,
            "rounds": 10,
            "iterations": 1,
            "data": rounds,
        },
    }


def document(
    day: int,
    factors: Mapping[str, float],
    fingerprint: Mapping[str, Any] = FINGERPRINT,
    **machine: Any,
) -> dict[str, Any]:
    """Return a run of a day of January; days above 31 go on in February."""
    taken = np.datetime64("2026-01-01") + np.timedelta64(day - 1, "D")
    return {
        "machine_info": {
            "node": "one",
            "fingerprint": dict(fingerprint),
            "fingerprint_id": "0123456789ab",
            "volatile": {"load_average": [0.1], "cpu_clock_mhz": 3000.0},
            **machine,
        },
        "commit_info": {"id": "b5c82494be8c82e7", "dirty": False, "branch": "main"},
        "benchmarks": [benchmark(name, factor) for name, factor in factors.items()],
        "datetime": f"{taken}T03:00:00+00:00",
        "version": "5.3.0",
        "bench": {
            "format": 1,
            "preset": "quick",
            "status": "complete",
            "skipped": [],
            "failed": [],
            "incidents": [],
            "processes": 2,
        },
    }


def factors(
    day: int, slower: Callable[[str], bool] = lambda _: False, by: float = 0.0
) -> dict[str, float]:
    """Return the seconds of every case on a day."""
    rng = np.random.default_rng(day)
    drawn = np.exp(SPREAD * rng.standard_normal(len(NAMES)))
    return {
        name: float(one * (1 + by * slower(name))) * 1e-3
        for name, one in zip(NAMES, drawn, strict=True)
    }


def store(folder: Path, day: int, content: Mapping[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"run-{day:03d}.json"
    path.write_text(json.dumps(content))
    return path


def history(
    folder: Path,
    n_runs: int = 12,
    slower: Callable[[str], bool] = lambda _: False,
    by: float = 0.0,
    since: int = 1000,
) -> Path:
    """Store runs of successive days; return the last."""
    path = folder
    for day in range(1, n_runs + 1):
        step = by if day >= since else 0.0
        path = store(folder, day, document(day, factors(day, slower, step)))
    return path
