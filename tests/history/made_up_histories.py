"""Matrices of runs that nobody measured, with what is watched of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.history.pools import watched
from bench.stats.verdict import Margins

if TYPE_CHECKING:
    from bench.history.pools import Watched
    from bench.stats.medians import Floats

MIB = 2**20
LARGE = 128 * MIB


def series() -> pd.DataFrame:
    """Return two kernels of three batch sizes, one on large data, and controls."""
    rows: list[dict[str, object]] = [
        {"case": "epoch", "kernel": kernel, "backend": "numpy", "device": "cpu(0)"}
        | {"n_samples": n_samples, "n_features": 4, "key": f"{kernel}-B{size}", "control": None}
        for kernel, n_samples in (("small", 1500), ("large", 10_000_000))
        for size in (1, 10, 100)
    ]
    rows += [
        {"case": "machine", "kernel": None, "backend": backend, "device": "cpu(0)"}
        | {"control": control, "n_bytes": n_bytes, "key": f"{backend}-{control}-{n_bytes}"}
        for backend in ("numpy", "mxnet", "jax")
        for control, n_bytes in (
            *(("triad", LARGE), ("triad", 4096), ("matmul", MIB), ("empty_operator", 4)),
            ("host_to_device", 64 * MIB),
        )
    ]
    made: pd.DataFrame = pd.DataFrame(rows)
    made["name"] = made["key"]
    return made


def all_watched() -> Watched:
    runs = pd.DataFrame({"run": ["one"], "fingerprint": ["{}"]})
    return watched(runs, series(), Margins())


def noise(n_runs: int, spread: float = 0.006, seed: int = 0) -> Floats:
    """Return runs that differ in common, and each case on its own."""
    rng = np.random.default_rng(seed)
    n_series = len(series())
    common = 0.5 * spread * rng.standard_normal((n_runs, 1))
    own: Floats = common + spread * rng.standard_normal((n_runs, n_series))
    return own
