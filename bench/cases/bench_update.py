"""What does the parameter update alone cost, and what do its temporaries?

The update is bound by memory: ``w - eta g`` cannot move fewer than 12 bytes a parameter.
Many small tensors, as a network has them, cost a dispatch each unless the operator takes
them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.cases.contract import Asked, Record

AXES = ("update_kernel", "device", "n_parameters", "n_tensors")
#: Many tensors are only told from one large one where each holds at least so many values.
LEAST_PER_TENSOR = 100


def wanted(params: Mapping[str, Any]) -> bool:
    """Leave out tensors of less than a hundred parameters, but a single one."""
    n_tensors = params["n_tensors"]
    return bool(n_tensors == 1 or params["n_parameters"] >= LEAST_PER_TENSOR * n_tensors)


def bench_update(
    suite: Asked,
    record: Record,
    kernel: str,
    device: str,
    n_parameters: int,
    n_tensors: int,
) -> None:
    """Time one update of all tensors, every way that there is."""
    from bench.measure.update import UpdateCase, measure_update

    case = UpdateCase(suite.registry.update[kernel], device, n_parameters, n_tensors)
    record(measure_update(case, suite.protocol, suite.instruments(device)))
