"""How much of an epoch is getting the batches? Batches only, no training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import data
from bench.measure.loading import LoaderCase, measure_loading
from bench.measure.recording import record
from kernels import backends

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from bench.suite import Suite

AXES = ("workload", "backend", "device", "loader", "batch_size")


def bench_loader(
    suite: Suite,
    benchmark: BenchmarkFixture,
    workload: str,
    backend: str,
    device: str,
    loader: str,
    batch_size: int,
) -> None:
    """Time epochs of batches that nobody uses."""
    case = LoaderCase(data.load(workload), backends.get(backend), device, loader, batch_size)
    record(benchmark, measure_loading(case, suite.protocol))
