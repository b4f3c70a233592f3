"""The gate, run on a state of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.measure.gate import verify

if TYPE_CHECKING:
    from bench.measure.gate import GateReport, TrainingCase
    from bench.measure.protocol import Plan


def verified(case: TrainingCase, plan: Plan) -> GateReport:
    """Prepare a kernel, and run the gate on it."""
    state = case.kernel.prepare(
        case.workload, case.device, case.batch_size, case.loader, plan.start
    )
    return verify(case, plan, state)
