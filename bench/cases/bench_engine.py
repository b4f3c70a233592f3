"""What does MXNet's asynchronous engine cost, and what does it save?

``NaiveEngine`` does every operator before its call returns. The engine is chosen when MXNet
is imported, so each is timed in a process of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure.recording import record

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from bench.suite import Suite

AXES = ("workload", "engine_kernel", "device", "engine", "batch_size")
LOADER = "inmemory"
#: Where a step is all dispatch, where it is both, and where it is most arithmetic.
PREFERRED = {"batch_size": (1, 100, 1500)}


def bench_engine(
    suite: Suite,
    benchmark: BenchmarkFixture,
    workload: str,
    kernel: str,
    device: str,
    engine: str,
    batch_size: int,
) -> None:
    """Time epochs under an engine, in a process of its own."""
    params = {
        "workload": workload,
        "kernel": kernel,
        "device": device,
        "loader": LOADER,
        "batch_size": batch_size,
    }
    measured = suite.worker(MXNET_ENGINE_TYPE=engine).measure(params, suite.protocol)
    facts = {**measured.facts, "case": "engine", "engine": engine}
    group = f"engine {workload} {device} B{batch_size}"
    record(benchmark, type(measured)(measured.rounds, facts, group))
