"""What can this machine do at all? Memory, arithmetic, dispatch and copies, no kernel.

Declared rates are checked against it, and a slower machine shows here first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.cases.contract import Asked, Record
from kernels import backends
from kernels.controls import IN_PARTS, SIZES

AXES = ("backend", "device", "control", "n_bytes")
#: The empty call is Python's own: once is enough.
PYTHON = "numpy"


def wanted(params: Mapping[str, Any]) -> bool:
    """Keep each control's sizes, where it says something."""
    control = params["control"]
    return (
        params["n_bytes"] in SIZES[control]
        and (control != "empty_call" or params["backend"] == PYTHON)
        and (control not in IN_PARTS or str(params["device"]).startswith("cpu"))
    )


def bench_machine(
    suite: Asked,
    record: Record,
    backend: str,
    device: str,
    control: str,
    n_bytes: int,
) -> None:
    """Time the controls, on every device, by every backend that can."""
    from bench.measure.controls import ControlCase, measure_control

    case = ControlCase(backends.get(backend), device, control, n_bytes)
    record(measure_control(case, suite.protocol, suite.instruments(device)))
