"""Runs that nobody measured: a kernel whose step takes a + b B seconds, and its losses."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

import data
from bench.measure.protocol import Protocol, plan_training

if TYPE_CHECKING:
    from pathlib import Path

WORKLOAD = "synthetic-300x3-noise1"
SIZES = (1, 3, 10, 30, 100, 300)
#: Seconds of a step that depend on nothing, and of each sample: n_half is 50 samples.
A, B = 50e-6, 1e-6
EPOCHS = 3


def losses(size: int, rate: float, sampling: str = "without-replacement") -> list[float]:
    workload = data.load(WORKLOAD)
    protocol = Protocol(EPOCHS, 0.0, learning_rate=rate, sampling=sampling)  # type: ignore[arg-type]
    plan = plan_training(workload, size, protocol)
    first: Any = np.append(plan.start.weight, plan.start.bias)
    thetas = [first, *(one.theta for one in plan.expected)]
    return [workload.loss(theta[:-1], float(theta[-1])) for theta in thetas]


def epoch_seconds(size: int) -> float:
    n = data.n_samples(WORKLOAD)
    return math.ceil(n / size) * A + n * B


def benchmark(case: str, size: int, seconds: float, facts: dict[str, Any]) -> dict[str, Any]:
    kernel = facts.get("kernel", "made.up")
    return {
        "name": f"bench_{case}[{WORKLOAD}-{kernel}-cpu(0)-inmemory-B{size}]",
        "stats": {"data": [0.99 * seconds, seconds, 1.01 * seconds]},
        "extra_info": {
            "case": case,
            "workload": WORKLOAD,
            "kernel": kernel,
            "backend": "numpy",
            "momentum": 0.0,
            "device": "cpu(0)",
            "loader": "inmemory",
            "batch_size": size,
            "n_samples": data.n_samples(WORKLOAD),
            "half_width": 0.01,
            "schedule": "constant",
            "sampling": "without-replacement",
            "seed": 0,
            **facts,
        },
    }


def epoch(size: int, **facts: Any) -> dict[str, Any]:
    rate = data.load(WORKLOAD).default_learning_rate(size)
    trained = {
        "learning_rate": rate,
        "loss_by_epoch": losses(size, rate, facts.get("sampling", "without-replacement")),
        "epochs": EPOCHS,
    }
    return benchmark("epoch", size, epoch_seconds(size), {**trained, **facts})


def target(size: int, seconds: float, tolerance: float = 0.01) -> dict[str, Any]:
    return benchmark("target", size, seconds, {"tolerance": tolerance})


def document(benchmarks: list[dict[str, Any]], fingerprint: str = "abc") -> dict[str, Any]:
    return {
        "benchmarks": benchmarks,
        "machine_info": {"fingerprint_id": fingerprint},
        "datetime": "2026-01-01T00:00:00+00:00",
    }


def written(path: Path, benchmarks: list[dict[str, Any]], fingerprint: str = "abc") -> Path:
    path.write_text(json.dumps(document(benchmarks, fingerprint)))
    return path
