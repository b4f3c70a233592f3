"""What does the parameter update alone cost, and what do its temporaries?

The update is bound by memory: ``w - eta g`` cannot move fewer than 12 bytes a parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure.recording import record
from bench.measure.updating import UpdateCase, measure_update

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from bench.suite import Suite

AXES = ("update_kernel", "device", "n_parameters")


def bench_update(
    suite: Suite, benchmark: BenchmarkFixture, kernel: str, device: str, n_parameters: int
) -> None:
    """Time one update of one tensor, every way that MXNet offers."""
    case = UpdateCase(suite.registry.update[kernel], device, n_parameters)
    record(benchmark, measure_update(case, suite.protocol))
