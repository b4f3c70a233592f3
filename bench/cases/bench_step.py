"""What does one training step take, from an idle device to an idle device?"""

from __future__ import annotations

import data
from bench.cases.contract import Asked, Record

AXES = ("workload", "step_kernel", "device", "batch_size")
PREFERRED = {"batch_size": (1, 10, 100, 1500)}
LOADER = "inmemory"


def bench_step(
    suite: Asked,
    record: Record,
    workload: str,
    kernel: str,
    device: str,
    batch_size: int,
) -> None:
    """Time single steps on a batch that is on the device already."""
    from bench.measure.epoch import measure_step
    from bench.measure.gate import TrainingCase

    train = suite.registry.train[kernel]
    case = TrainingCase(data.load(workload), train, device, LOADER, batch_size)
    record(measure_step(case, suite.protocol, suite.instruments(device)))
