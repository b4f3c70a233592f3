"""How much of an epoch is getting the batches? Batches only, no training."""

from __future__ import annotations

import data
from bench.cases.contract import Asked, Record
from kernels import backends

AXES = ("workload", "backend", "device", "loader", "batch_size")


def bench_loader(
    suite: Asked,
    record: Record,
    workload: str,
    backend: str,
    device: str,
    loader: str,
    batch_size: int,
) -> None:
    """Time epochs of batches that nobody uses."""
    from bench.measure.loader import LoaderCase, measure_loading

    case = LoaderCase(data.load(workload), backends.get(backend), device, loader, batch_size)
    record(measure_loading(case, suite.protocol, suite.instruments(device)))
