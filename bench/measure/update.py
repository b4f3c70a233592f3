"""Measures ``bench_update``: the parameter update alone, over parameter counts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from bench.measure import calibration, measurement
from bench.measure.calibration import warm_calls
from bench.measure.gate import GateError, GateReport, Tensors, tensors_for, worst_ratio
from bench.measure.protocol import Protocol
from bench.measure.rounds import (
    Action,
    Instruments,
    RoundTimer,
    empty_kernel,
)
from bench.measure.rule import RULE
from kernels import backends
from kernels.contract import UpdateKernel

#: Fewest bytes a parameter that an update can move: read w and g, write w. With momentum
#: the velocity, in float32, is read and written too.
MINIMUM_BYTES = {"float32": 12, "float16": 6, "mixed": 12}
VELOCITY_BYTES = 8


@dataclass(frozen=True)
class UpdateCase:
    """One cell of the matrix.

    Attributes
    ----------
    n_parameters : int
        Of all tensors together.
    """

    kernel: UpdateKernel
    device: str
    n_parameters: int
    n_tensors: int = 1


def check_update(
    case: UpdateCase, tensors: Tensors, state: object, eta: float, n_updates: int
) -> float:
    """Compare the parameters with float64 after some updates.

    Parameters
    ----------
    tensors : Tensors
        What the kernel was given.
    state : object
        The kernel's.

    Returns
    -------
    float
        The largest difference as a share of the tolerance, at most 1.

    Raises
    ------
    GateError
    """
    kernel = case.kernel
    ratio = worst_ratio(kernel, tensors, kernel.parameters(state), eta, n_updates)
    if not ratio <= 1:
        raise GateError(
            f"{kernel.name} on {case.device} ({case.n_parameters} parameters) is wrong, "
            f"so it is not timed: after update {n_updates} a parameter is {ratio:.3g} times "
            f"as far from float64 as {kernel.precision} rounding explains."
        )
    return ratio


def verify_update(case: UpdateCase, tensors: Tensors) -> GateReport:
    """Compare after each of the first updates."""
    state = _prepare(case, tensors, RULE.gate_learning_rate)
    worst = 0.0
    for number in range(1, RULE.gate_updates + 1):
        case.kernel.update(state)
        worst = max(worst, check_update(case, tensors, state, RULE.gate_learning_rate, number))
    return GateReport(steps=RULE.gate_updates, worst_ratio=worst)


def _prepare(case: UpdateCase, tensors: Tensors, eta: float) -> Any:
    return case.kernel.prepare(case.device, tensors.weights, tensors.gradients, eta)


def measure_update(
    case: UpdateCase, protocol: Protocol, instruments: Instruments
) -> measurement.Measurement:
    """Verify an update kernel, then time it.

    Raises
    ------
    GateError
        When the kernel does not match float64, before or after the timed updates.
    """
    kernel, backend = case.kernel, backends.get(case.kernel.backend)
    tensors = tensors_for(kernel, case.n_parameters, case.n_tensors, protocol.seed)
    report = verify_update(case, tensors)
    drain = partial(backend.drain, case.device)

    def fresh() -> Action:
        return partial(kernel.update, _prepare(case, tensors, RULE.update_learning_rate))

    work = fresh()
    warmed = warm_calls(lambda: work, drain, instruments)
    seconds = calibration.seconds_in_a_row(work, drain, instruments, warmed.settled_seconds)
    empty = calibration.overhead(empty_kernel, instruments)
    calibrated = calibration.calibrate(seconds, empty.seconds_per_round)
    state = _prepare(case, tensors, RULE.update_learning_rate)
    update = partial(kernel.update, state)
    timer = RoundTimer(drain, instruments)
    rule = calibration.StoppingRule.of(protocol, RULE.min_rounds)
    stop = timer.repeat_in_a_row(rule, update, calibrated)
    rounds = tuple(timer.rounds)
    taken = measurement.median_seconds(rounds)
    minimum = minimum_bytes(kernel) * tensors.n_updated
    moved = kernel.bytes_per_parameter * tensors.n_updated
    flops = (4 if kernel.rule.momentum else 2) * tensors.n_updated
    done = (calibrated.lead_in + calibrated.iterations) * len(rounds)
    check_update(case, tensors, state, RULE.update_learning_rate, done)
    return measurement.Measurement(
        rounds=rounds,
        facts={
            **dict.fromkeys(measurement.OF_TRAININGS),
            "case": "update",
            "kernel": kernel.name,
            "backend": kernel.backend,
            "operator": kernel.operator,
            "momentum": kernel.rule.momentum,
            "precision": kernel.precision,
            "density": kernel.density,
            "device": case.device,
            "n_parameters": case.n_parameters,
            "n_tensors": case.n_tensors,
            "seconds_per_update": taken,
            "n_updated": tensors.n_updated,
            "bytes_minimum": minimum,
            "useful_bytes_per_second": minimum / taken,
            **measurement.rate_facts((moved, flops), taken),
            **measurement.enqueued_facts(rounds),
            **measurement.device_facts(backend, case.device, fresh, calibrated.iterations),
            **measurement.cold_facts(backend, case.device, lambda: work),
            **measurement.quality_facts(timer, stop, protocol.target, empty),
            "learning_rate": RULE.update_learning_rate,
            "seed": protocol.seed,
            "verified": True,
            "gate": asdict(report),
            "warm_up": asdict(warmed),
        },
        group=f"update {case.device} P{case.n_parameters} T{case.n_tensors}",
    )


def minimum_bytes(kernel: UpdateKernel) -> int:
    """Return the fewest bytes that an update can move for a parameter."""
    return MINIMUM_BYTES[kernel.precision] + (VELOCITY_BYTES if kernel.rule.momentum else 0)
