"""Measures ``bench_step``: one training step at a time, for its latency.

A round is one step on one batch that is on the device already, from an idle device to an
idle device; the time until the call returned is kept beside it. So it holds what an epoch
of steps may hide: the wait at the end of each. A short step is timed together with further
ones, each of them awaited (see ``bench.measure.calibration``).
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from bench.measure import gate, measurement
from bench.measure.calibration import StoppingRule, calibrate, overhead
from bench.measure.epoch import case_facts
from bench.measure.gate import TrainingCase
from bench.measure.protocol import Plan, Protocol, plan_training
from bench.measure.rounds import Action, Instruments, Round, awaited, time_calls
from bench.measure.rule import RULE
from bench.measure.timing import RoundTimer, instruments_for
from bench.measure.warmup import warm_calls
from kernels import backends, reference


class _Steps:
    """Steps on the first batch of a training, on one state."""

    def __init__(self, case: TrainingCase, plan: Plan) -> None:
        self.case, self.plan = case, plan
        self.eta = plan.learning_rates[0][0]
        kernel: Any = case.kernel  # one with a step
        self.state = case.prepare(plan.start)
        X, y = next(iter(self.state.batches(plan.orders[0][: case.batch_size])))
        self.work: Action = partial(kernel.step, self.state, X, y, self.eta)

    def fresh(self) -> Action:
        """Put the state back to the start, and return the step."""
        self.case.kernel.reset(self.state, self.plan.start)
        return self.work

    def check(self, n_steps: int) -> None:
        """Compare with what float64 makes of so many steps on the batch."""
        case = self.case
        batch = self.plan.orders[0][: case.batch_size]
        ((x, y),) = reference.augmented_batches(case.workload, batch, case.batch_size)
        now = reference.Reference.start(self.plan.start)
        for _ in range(n_steps):
            now = reference.step(now, x, y, self.eta, case.kernel.rule)
        gate.check(case, now, self.state, f"after {n_steps} steps on one batch")


def measure_step(
    case: TrainingCase, protocol: Protocol, instruments: Instruments | None = None
) -> measurement.Measurement:
    """Verify a kernel, then time single steps of it.

    Parameters
    ----------
    case : TrainingCase
        Of a kernel that has ``step``.
    instruments : Instruments, optional
        This machine's by default.

    Returns
    -------
    Measurement
        One round a step, or several; each round starts from the same parameters.

    Raises
    ------
    GateError
        When the kernel does not match the reference, before or after the timed steps.
    DivergedError
        When the learning rate is too large.
    """
    instruments = instruments or instruments_for(case.device)
    backend = backends.get(case.kernel.backend)
    drain = case.drain
    plan = plan_training(case.workload, case.batch_size, protocol, case.kernel.rule)
    steps = _Steps(case, plan)
    report = gate.verify(case, plan, steps.state)
    warmed = warm_calls(lambda: steps.work, drain, instruments)
    empty = overhead(drain, instruments)
    calibrated = calibrate(
        warmed.settled_seconds, empty.seconds_per_round, RULE.max_reference_steps
    )
    n_steps, before = calibrated.iterations, calibrated.lead_in
    timer = RoundTimer(drain, instruments)

    def one_round() -> None:
        step = steps.fresh()
        timer.time(awaited([step] * n_steps, drain), n_steps, awaited([step] * before, drain))

    stop = timer.repeat(StoppingRule.of(protocol, RULE.min_step_rounds), one_round)
    steps.check(before + n_steps)
    rounds = single = tuple(timer.rounds)
    if n_steps > 1:
        single = tuple(
            time_calls([steps.work], drain, instruments, 1, [steps.work])
            for _ in range(RULE.enqueued_step_rounds)
        )
    return measurement.Measurement(
        rounds=rounds,
        facts={
            **case_facts(case),
            **_step_facts(case, rounds),
            **measurement.enqueued_facts(single),
            **measurement.device_facts(backend, case.device, steps.fresh, RULE.device_steps),
            **measurement.quality_facts(timer, stop, protocol.target, empty),
            "case": "step",
            "learning_rate": steps.eta,
            "seed": protocol.seed,
            "verified": True,
            "gate": asdict(report),
            "warm_up": asdict(warmed),
        },
        group=f"step {case.workload.name} {case.device} B{case.batch_size}",
    )


def _step_facts(case: TrainingCase, rounds: tuple[Round, ...]) -> dict[str, Any]:
    """Return what the rounds say; what only an epoch has is empty."""
    seconds = measurement.median_seconds(rounds)
    work = measurement.step_work(case.kernel, case.batch_size, case.workload.n_features)
    epoch = ("seconds_per_epoch", "loss", "loss_initial", "epochs")
    return {
        **dict.fromkeys(epoch),
        "seconds_per_step": seconds,
        "samples_per_second": case.batch_size / seconds,
        **measurement.rate_facts(work, seconds),
    }
