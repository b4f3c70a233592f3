"""How long does an epoch take, for every kernel, device, loader and batch size?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import data
from bench.measure.gate import TrainingCase
from bench.measure.recording import record
from bench.measure.training import measure_training

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from bench.suite import Suite

AXES = ("workload", "kernel", "device", "loader", "batch_size")


def bench_epoch(
    suite: Suite,
    benchmark: BenchmarkFixture,
    workload: str,
    kernel: str,
    device: str,
    loader: str,
    batch_size: int,
) -> None:
    """Time epochs of training, each kernel at every batch size."""
    train = suite.registry.train[kernel]
    case = TrainingCase(data.load(workload), train, device, loader, batch_size)
    record(benchmark, measure_training(case, suite.protocol))
