"""How much of an epoch is getting the batches? Batches only, no training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import data
from kernels import backends

if TYPE_CHECKING:
    from bench.cases.contract import Asked, Record

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
