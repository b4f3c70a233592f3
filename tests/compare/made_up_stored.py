"""Run files that nobody measured, of chosen medians of their processes."""

from __future__ import annotations

import json
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

#: Five processes within half a percent.
STEADY = (1.000, 1.002, 0.999, 1.001, 0.998)
FINGERPRINT: dict[str, Any] = {
    "cpu_model": "A processor",
    "python": "3.11.7",
    "backends": {"mxnet": {"mxnet": "1.9.1"}, "torch": {"torch": "2.6.0"}},
    "precision": "float32",
    "gpus": [],
}


def times(factor: float, medians: Sequence[float] = STEADY) -> tuple[float, ...]:
    return tuple(factor * seconds for seconds in medians)


def name_of(kernel: str, size: int = 10) -> str:
    return f"bench_epoch[airfoil-{kernel}-cpu(0)-inmemory-B{size}]"


def epoch(kernel: str, medians: Sequence[float] = STEADY, **facts: Any) -> dict[str, Any]:
    backend = "torch" if kernel.startswith("torch") else "mxnet"
    size = facts.get("batch_size", 10)
    own = {"case": "epoch", "kernel": kernel, "batch_size": size, "n_samples": 1500}
    return _benchmark(name_of(kernel, size), medians, backend, {**own, **facts})


def control(kind: str, n_bytes: int, medians: Sequence[float] = STEADY) -> dict[str, Any]:
    name = f"bench_machine[mxnet-cpu(0)-{kind}-bytes{n_bytes}]"
    facts = {"case": "machine", "control": kind, "n_bytes": n_bytes}
    return _benchmark(name, medians, "mxnet", facts)


def _benchmark(
    name: str, medians: Sequence[float], backend: str, facts: dict[str, Any]
) -> dict[str, Any]:
    rounds = [seconds for seconds in medians for _ in range(3)]
    processes = [{"median": seconds} for seconds in medians]
    several = {"processes": processes} if len(medians) > 1 else {}
    return {
        "name": name,
        "fullname": f"bench/cases/x.py::{name}",
        "extra_info": {"backend": backend, "device": "cpu(0)", **several, **facts},
        "stats": {"median": median(rounds), "rounds": len(rounds), "data": rounds},
    }


def foreign(name: str, seconds: float) -> dict[str, Any]:
    stats = {"median": seconds, "rounds": 1, "data": [seconds]}
    return {"name": name, "fullname": f"t.py::{name}", "stats": stats}


def run(benchmarks: Iterable[dict[str, Any]], day: int = 1, **changed: Any) -> dict[str, Any]:
    """A document; keywords: ``fingerprint``, ``fingerprint_id``, ``node``, or of ``bench``."""
    machine = {
        "node": changed.pop("node", "vm"),
        "fingerprint": changed.pop("fingerprint", FINGERPRINT),
        "fingerprint_id": changed.pop("fingerprint_id", "0123456789ab"),
    }
    commit = {"id": changed.pop("commit", "b5c82494be8c82e7"), "dirty": False}
    return {
        "machine_info": machine,
        "commit_info": commit,
        "datetime": f"2026-11-{day:02}T12:00:00+00:00",
        "benchmarks": list(benchmarks),
        "version": "5.3.1",
        "bench": {"format": 1, "status": "complete", "skipped": [], "failed": [], **changed},
    }


def written(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
