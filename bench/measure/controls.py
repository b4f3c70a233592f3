"""Measures ``bench_machine``: the controls, which touch no kernel."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial

from bench.measure import calibration, measurement
from bench.measure.calibration import warm_calls
from bench.measure.gate import GateError
from bench.measure.protocol import Protocol
from bench.measure.rounds import Instruments, RoundTimer, empty_kernel
from bench.measure.rule import RULE
from kernels.contract import Backend, Control


@dataclass(frozen=True)
class ControlCase:
    """One cell of the matrix.

    Attributes
    ----------
    control : str
        A name of ``kernels.controls.SIZES``.
    n_bytes : int
        Of one array.
    """

    backend: Backend
    device: str
    control: str
    n_bytes: int


def _check(case: ControlCase, control: Control) -> None:
    """Raise where the last run gave something else than it should."""
    if not control.is_right():
        raise GateError(
            f"the control {case.control} of {case.backend.name} on {case.device} "
            f"({case.n_bytes} bytes) is wrong, so it is not timed."
        )


def measure_control(
    case: ControlCase, protocol: Protocol, instruments: Instruments
) -> measurement.Measurement:
    """Check a control, time it, check it again.

    Raises
    ------
    GateError
        When its result is wrong, before or after.
    """
    control = case.backend.controls(case.device)[case.control](case.n_bytes)
    drain = partial(case.backend.drain, case.device)
    control.run()
    _check(case, control)
    warmed = warm_calls(lambda: control.run, drain, instruments)
    empty = calibration.overhead(empty_kernel, instruments)
    rule = calibration.StoppingRule.of(protocol, RULE.min_rounds)
    if control.n_parts == 1:
        seconds = calibration.seconds_in_a_row(
            control.run, drain, instruments, warmed.settled_seconds
        )
        calibrated = calibration.calibrate(seconds, empty.seconds_per_round)
    else:  # each round is a single call, on the part after the one that led in
        calibrated = calibration.Calibration(1, 1)
        n_rounds = RULE.rounds_per_part * control.n_parts
        rule = replace(rule, min_rounds=n_rounds, max_rounds=n_rounds)
    timer = RoundTimer(drain, instruments)
    stop = timer.repeat_in_a_row(rule, control.run, calibrated)
    rounds = tuple(timer.rounds)
    taken = measurement.median_seconds(rounds)
    _check(case, control)
    return measurement.Measurement(
        rounds=rounds,
        facts={
            **dict.fromkeys(measurement.OF_TRAININGS),
            "case": "machine",
            "backend": case.backend.name,
            "device": case.device,
            "control": case.control,
            "n_bytes": case.n_bytes,
            "seconds_per_run": taken,
            **measurement.rate_facts((control.n_bytes, control.n_flops), taken),
            **measurement.enqueued_facts(rounds),
            **measurement.device_facts(
                case.backend, case.device, lambda: control.run, calibrated.iterations
            ),
            **measurement.cold_facts(case.backend, case.device, lambda: control.run),
            **measurement.quality_facts(timer, stop, protocol.target, empty),
            "verified": True,
            "warm_up": asdict(warmed),
        },
        group=f"machine {case.device} {case.control} {case.n_bytes}",
    )
