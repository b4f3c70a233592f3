"""Does the published protocol give the published figures here?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import data
from bench.cases.contract import Asked, Record
from bench.measure.protocol import published

AXES = ("workload", "kernel", "device", "loader", "batch_size")


def wanted(params: Mapping[str, Any]) -> bool:
    """Keep the settings of the notebook: airfoil, DataLoader, its kernels and sizes."""
    return (
        params["workload"] == "airfoil"
        and params["loader"] == "dataloader"
        and published(params["kernel"], params["batch_size"]) is not None
    )


def bench_notebook(
    suite: Asked,
    record: Record,
    workload: str,
    kernel: str,
    device: str,
    loader: str,
    batch_size: int,
) -> None:
    """Train as the notebook does, its loss evaluations inside the clock."""
    from bench.measure.gate import TrainingCase
    from bench.measure.notebook import measure_notebook

    setting = published(kernel, batch_size)
    assert setting is not None  # noqa: S101 - ``wanted`` keeps no other
    train = suite.registry.train[kernel]
    case = TrainingCase(data.load(workload), train, device, loader, batch_size)
    record(measure_notebook(case, setting, suite.protocol, suite.instruments(device)))
