"""How long does it take until the loss is near the optimum, for every batch size?"""

from __future__ import annotations

import data
from bench.cases.contract import Asked, Record

AXES = ("workload", "kernel", "device", "loader", "batch_size")
PREFERRED = {"loader": ("inmemory",)}
#: ``python -m bench advise`` asks for it; a run of everything leaves it out.
ONLY_WHEN_NAMED = True


def bench_target(
    suite: Asked,
    record: Record,
    workload: str,
    kernel: str,
    device: str,
    loader: str,
    batch_size: int,
) -> None:
    """Time whole trainings, the learning rate tuned for every batch size."""
    from bench.measure.gate import TrainingCase
    from bench.measure.target import measure_target

    train = suite.registry.train[kernel]
    case = TrainingCase(data.load(workload), train, device, loader, batch_size)
    record(measure_target(case, suite.protocol, suite.instruments(device)))
