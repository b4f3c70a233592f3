"""What does MXNet's asynchronous engine cost, and what does it save?

``NaiveEngine`` does every operator before its call returns. The engine is chosen when MXNet
is imported, so each is timed in a process of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import data
from bench.cases.contract import Asked, Record

AXES = ("workload", "engine_kernel", "device", "engine", "batch_size")
LOADER = "inmemory"
#: Where a step is all dispatch, where it is both, and where it is most arithmetic.
PREFERRED = {"batch_size": (1, 100, 1500)}


def environment(params: Mapping[str, Any]) -> dict[str, str]:
    """Say which variables a case's process needs."""
    return {"MXNET_ENGINE_TYPE": params["engine"]}


def bench_engine(
    suite: Asked,
    record: Record,
    workload: str,
    kernel: str,
    device: str,
    engine: str,
    batch_size: int,
) -> None:
    """Time epochs under an engine, in the process that was started for it."""
    from bench.measure.epoch import measure_training
    from bench.measure.gate import TrainingCase

    train = suite.registry.train[kernel]
    case = TrainingCase(data.load(workload), train, device, LOADER, batch_size)
    measured = measure_training(case, suite.protocol, suite.instruments(device))
    facts = {**measured.facts, "case": "engine", "engine": engine}
    record(replace(measured, facts=facts, group=f"engine {workload} {device} B{batch_size}"))
