"""Run files that nobody measured: of this suite, and of another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = [0.5, 0.25, 0.375, 0.3, 0.31, 0.32, 0.33]


def own_benchmark(kernel: str = "nd.fused", batch_size: int = 10) -> dict[str, Any]:
    """Return a case of this suite, measured in two processes."""
    name = f"bench_epoch[airfoil-{kernel}-cpu(0)-inmemory-B{batch_size}]"
    return {
        "group": "epoch airfoil",
        "name": name,
        "fullname": f"bench/cases/bench_epoch.py::{name}",
        "params": {"workload": "airfoil", "kernel": kernel, "batch_size": batch_size},
        "extra_info": {
            "case": "epoch",
            "workload": "airfoil",
            "kernel": kernel,
            "backend": "mxnet",
            "device": "cpu(0)",
            "loader": "inmemory",
            "batch_size": batch_size,
            "n_samples": 1500,
            "samples_per_second": 1500 / 0.32,
            "loss": 0.25,
            "interval": [0.25, 0.5],
            "half_width": 0.39,
            "between_interval": [0.31, 0.375],
            "between_confidence": 0.5,
            "disturbed_rounds": 1,
            "untrusted": False,
            "verified": True,
            "warm_up": {"settled": True},
            "processes": [
                {"median": 0.375, "warm_up": {"settled": True}, "telemetry": {"load": [1.0]}},
                {"median": 0.315, "warm_up": {"settled": False}},
            ],
            "memory": {
                "host_case_bytes": 4096,
                "host_peak_is_exact": True,
                "allocator_peak_bytes": None,
            },
            "enqueued_data": ROUNDS,
        },
        "options": {"processes": 2},
        "stats": {
            "min": 0.25,
            "max": 0.5,
            "mean": 0.34,
            "median": 0.32,
            "rounds": 7,
            "iterations": 3,
            "data": ROUNDS,
        },
    }


def own(n_cases: int = 2, **changes: Any) -> dict[str, Any]:
    """Return a run of this suite."""
    return {
        "machine_info": {
            "node": "example",
            "cpu": {"brand_raw": "Chip", "flags": ["a", "b"]},
            "fingerprint": {
                "cpu_model": "Chip 9000",
                "gpus": [{"name": "GPU A"}, {"name": "GPU B"}],
                "os": "Debian",
                "kernel": "Linux 6",
                "python": "3.11.7",
                "numpy": "1.26.4",
            },
            "fingerprint_id": "0123456789ab",
            "volatile": {"load_average": [1.0]},
        },
        "commit_info": {"id": "a" * 40, "dirty": True, "branch": "main"},
        "datetime": "2026-11-22T19:01:19.545497+00:00",
        "version": "5.3.1",
        "bench": {
            "preset": "quick",
            "status": "complete",
            "command": ["run"],
            "processes": 2,
            "took_seconds": 60.5,
            "skipped": [{"id": "x", "reason": "no GPU"}] * 3,
            "failed": [],
            "incidents": [{}],
        },
        "benchmarks": [own_benchmark(batch_size=10**n) for n in range(n_cases)],
        **changes,
    }


def foreign(name: str = "test_sum", **facts: Any) -> dict[str, Any]:
    """Return what pytest-benchmark writes of another suite, without the rounds."""
    stats = {"median": 0.5, "mean": 0.75, "rounds": 9, "iterations": 2}
    return {
        "machine_info": {"node": "example", "system": "Linux", "release": "6"},
        "datetime": "2026-01-02T03:04:05",
        "benchmarks": [{"name": name, "stats": stats, "extra_info": facts}],
    }


def write(path: Path, document: dict[str, Any]) -> Path:
    """Write a document, whole or not at all, and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return part.replace(path)
