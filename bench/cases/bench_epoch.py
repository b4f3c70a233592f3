"""How long does an epoch take, for every kernel, device, loader and batch size?"""

from __future__ import annotations

import data
from bench.cases.contract import Asked, Record

AXES = ("workload", "kernel", "device", "loader", "batch_size")


def bench_epoch(
    suite: Asked,
    record: Record,
    workload: str,
    kernel: str,
    device: str,
    loader: str,
    batch_size: int,
) -> None:
    """Time epochs of training, each kernel at every batch size."""
    from bench.measure.epoch import measure_training
    from bench.measure.gate import TrainingCase

    train = suite.registry.train[kernel]
    case = TrainingCase(data.load(workload), train, device, loader, batch_size)
    record(measure_training(case, suite.protocol, suite.instruments(device)))
