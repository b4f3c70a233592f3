"""Measures ``bench_epoch``, trainings of a few epochs, and ``bench_step``, single steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from bench.measure import gate, measurement
from bench.measure.calibration import (
    Overhead,
    Stop,
    StoppingRule,
    calibrate,
    overhead,
    ready,
    warm_calls,
)
from bench.measure.gate import TrainingCase
from bench.measure.protocol import DivergedError, Plan, Protocol, plan_training
from bench.measure.rounds import (
    Action,
    Clock,
    Instruments,
    RoundTimer,
    awaited,
)
from bench.measure.rule import RULE
from kernels import backends, reference, stepwise, tf32
from kernels.stepwise import StepKernel

# Where the time of an epoch goes, from a pass of its own. Nothing waits between the phases: a
# phase lasts until its calls have returned, and what the device still has to do is waiting.


#: Phases in their order; ``step`` is what one call does together.
PHASES = ("data", *stepwise.PHASES, "step", "waiting")


def phase_facts(  # noqa: PLR0917 - all that an instrumented epoch needs
    case: TrainingCase,
    plan: Plan,
    state: object,
    drain: Action,
    instruments: Instruments,
    seconds_per_epoch: float,
) -> dict[str, Any]:
    """Time the phases of an epoch, of a kernel that goes step by step.

    Parameters
    ----------
    state : object
        The kernel's, warm.
    seconds_per_epoch : float
        Without instruments.

    Returns
    -------
    dict
        ``phases``: seconds by phase, of the repeat whose total is the median; None for a
        kernel without steps. ``phases_total``, and ``phases_differ``: its difference from
        ``seconds_per_epoch``, as a share of it.

    Raises
    ------
    GateError
        When the steps do not match the reference in this pass.
    """
    kernel = case.kernel
    if not isinstance(kernel, StepKernel):
        return {"phases": None, "phases_total": None, "phases_differ": None}
    passes: list[dict[str, float]] = []
    while (
        len(passes) < RULE.max_phase_passes
        and sum(map(_total, passes)) < RULE.max_phase_seconds
    ):
        kernel.reset(state, plan.start)
        passes.append(_instrumented(kernel, plan, state, drain, instruments.clock))
        gate.check(case, plan.expected[0], state, "after an epoch in phases")
    median = sorted(passes, key=_total)[len(passes) // 2]
    total = _total(median)
    return {
        "phases": {name: median[name] for name in PHASES if name in median},
        "phases_total": total,
        "phases_differ": total / seconds_per_epoch - 1.0,
    }


def _total(phases: dict[str, float]) -> float:
    return sum(phases.values())


def _instrumented(
    kernel: StepKernel, plan: Plan, state: Any, drain: Action, clock: Clock
) -> dict[str, float]:
    """Train the first epoch, the clock read after every phase."""
    seconds = {"data": 0.0}
    drain()
    now = clock()
    batches = iter(state.batches(plan.orders[0]))
    for eta in plan.learning_rates[0]:
        X, y = next(batches)
        then, now = now, clock()
        seconds["data"] += now - then
        for name in kernel.phases(state, X, y, eta):
            then, now = now, clock()
            seconds[name] = seconds.get(name, 0.0) + now - then
    drain()
    seconds["waiting"] = clock() - now
    return seconds


# Trainings of a few epochs: every epoch is a round, or several short ones together are.


def measure_training(
    case: TrainingCase, protocol: Protocol, instruments: Instruments
) -> measurement.Measurement:
    """Verify a kernel, then time its epochs.

    Returns
    -------
    Measurement
        One round an epoch, or several epochs; the facts of ``extra_info``.

    Raises
    ------
    GateError
        When the kernel does not match the reference, before or in the timed epochs.
    DivergedError
        When the learning rate is too large.
    """
    backend, drain = backends.get(case.kernel.backend), case.drain
    protocol = protocol.of(case.kernel)
    plan = plan_training(case.workload, case.batch_size, protocol, case.kernel.rule)
    made = ready(case, plan, drain, instruments)
    empty = overhead(drain, instruments)
    training = _Training(case, protocol, plan, made.state, RoundTimer(drain, instruments))
    stop = training.run(empty, made.warm_up.settled_seconds)
    rounds = tuple(training.timer.rounds)
    seconds = measurement.median_seconds(rounds)
    epoch = training.fresh_epoch()
    alone = training.timer.alone(RULE.enqueued_epoch_rounds, lambda: epoch, [epoch])
    phases = {}
    if protocol.phases:
        phases = phase_facts(case, plan, made.state, drain, instruments, seconds)
    return measurement.Measurement(
        rounds=rounds,
        facts={
            **case_facts(case),
            "seconds_per_epoch": seconds,
            "samples_per_second": case.workload.n_samples / seconds,
            **measurement.rate_facts(measurement.epoch_work(case), seconds),
            **measurement.enqueued_facts(rounds, alone),
            **measurement.device_facts(backend, case.device, training.fresh_epoch),
            **measurement.quality_facts(training.timer, stop, protocol.target, empty),
            **phases,
            "loss": training.losses[-1],
            "loss_initial": training.losses[0],
            "loss_by_epoch": training.losses,
            "loss_optimum": case.workload.optimum.loss,
            "learning_rate": protocol.eta(case.workload, case.batch_size, case.kernel.rule),
            "schedule": protocol.schedule,
            "sampling": protocol.sampling,
            "seed": protocol.seed,
            "epochs": protocol.epochs,
            "case": "epoch",
            "verified": True,
            "gate": asdict(made.gate),
            "warm_up": asdict(made.warm_up),
        },
        group=f"epoch {case.workload.name} {case.device} {case.loader} B{case.batch_size}",
    )


@dataclass
class _Training:
    """The timed trainings of a case, on one state."""

    case: TrainingCase
    protocol: Protocol
    plan: Plan
    state: object
    timer: RoundTimer

    def __post_init__(self) -> None:
        start = self.plan.start
        self.losses = [self.case.workload.loss(start.weight, start.bias)]

    def run(self, empty: Overhead, seconds: float) -> Stop:
        """Time rounds of epochs that take so long until there are enough; note the losses."""
        rule = StoppingRule.of(self.protocol, self.protocol.epochs)
        affordable = max(1, RULE.max_reference_steps // len(self.plan.learning_rates[0]))
        calibrated = calibrate(seconds, empty.seconds_per_round, affordable)
        epochs, before = calibrated.iterations, calibrated.lead_in
        if not before:
            timed = partial(self._epochs, rule, lambda epoch: self.timer.time([epoch]))
            return self.timer.repeat(rule, timed)
        self._epochs(rule, lambda epoch: epoch())  # not timed, for the losses
        longer = self._longer(before + epochs)
        return self.timer.repeat(rule, partial(self._block, longer, before, epochs))

    def _longer(self, epochs: int) -> Plan:
        """Plan at least so many epochs, in the orders of the protocol.

        A rate that a few epochs bear may let hundreds diverge. What an epoch costs does not
        depend on it, so these are trained at a smaller one then.
        """
        repeats = 1
        while repeats * self.protocol.epochs < epochs:
            repeats *= 2  # doubled, so that kernels of like speed share a plan
        case, rule = self.case, self.case.kernel.rule
        eta = self.protocol.eta(case.workload, case.batch_size, rule)
        slower = replace(self.protocol, learning_rate=eta / RULE.rate_divisor)
        try:
            plan = plan_training(case.workload, case.batch_size, self.protocol, rule, repeats)
        except DivergedError:
            return plan_training(case.workload, case.batch_size, slower, rule, repeats)
        first, last = (
            float(np.abs(plan.expected[number].theta).max())
            for number in (self.protocol.epochs - 1, -1)
        )
        if last <= RULE.max_parameter_growth * max(1.0, first):
            return plan
        return plan_training(case.workload, case.batch_size, slower, rule, repeats)

    def fresh_epoch(self) -> Action:
        """Put the state back to the start, and return the first epoch."""
        return self._fresh(self.plan)[0]

    def _fresh(self, plan: Plan) -> list[Action]:
        """Put the state back to the start, and return the epochs of a plan."""
        self.case.kernel.reset(self.state, plan.start)
        return plan.works(self.case.kernel, self.state)

    def _check(self, plan: Plan, epochs: int) -> None:
        """Compare with the reference after a timed epoch, outside the clock."""
        when = f"after timed epoch {epochs}"
        gate.check(self.case, plan.expected[epochs - 1], self.state, when)

    def _epochs(self, rule: StoppingRule, do: Callable[[Action], object]) -> None:
        """Train from the start; note the loss after every epoch."""
        kernel, workload = self.case.kernel, self.case.workload
        for number, epoch in enumerate(self._fresh(self.plan), 1):
            do(epoch)
            self._check(self.plan, number)
            if len(self.losses) == number:
                self.losses.append(workload.loss(*kernel.parameters(self.state)))
            if not self.protocol.alone and rule.reason(self.timer.rounds):
                return

    def _block(self, plan: Plan, before: int, epochs: int) -> None:
        """Train from the start; after some epochs so many, each awaited, are one round."""
        works = self._fresh(plan)[: before + epochs]
        drain = self.timer.drain
        self.timer.time(awaited(works[before:], drain), epochs, awaited(works[:before], drain))
        self._check(plan, before + epochs)


def case_facts(case: TrainingCase) -> dict[str, Any]:
    """Return the facts that identify a training case."""
    return {
        "workload": case.workload.name,
        "kernel": case.kernel.name,
        "backend": case.kernel.backend,
        "operator": case.kernel.operator,
        "momentum": case.kernel.rule.momentum,
        "saves": case.kernel.saves,
        "device": case.device,
        "loader": case.loader,
        "batch_size": case.batch_size,
        "n_samples": case.workload.n_samples,
        "n_features": case.workload.n_features,
        **({"precision": "tf32"} if tf32.rounds(case.device) else {}),
    }


# Measures ``bench_step``: one training step at a time, for its latency.
#
# A round is one step on one batch that is on the device already, from an idle device to an
# idle device; the time until the call returned is kept beside it. So it holds what an epoch
# of steps may hide: the wait at the end of each. A short step is timed together with further
# ones, each of them awaited (see ``bench.measure.calibration``).


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
    case: TrainingCase, protocol: Protocol, instruments: Instruments
) -> measurement.Measurement:
    """Verify a kernel, then time single steps of it.

    Parameters
    ----------
    case : TrainingCase
        Of a kernel that has ``step``.

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
    rounds = tuple(timer.rounds)
    alone = timer.alone(RULE.enqueued_step_rounds, lambda: steps.work, [steps.work])
    seconds = measurement.median_seconds(rounds)
    work = measurement.step_work(case.kernel, case.batch_size, case.workload.n_features)
    return measurement.Measurement(
        rounds=rounds,
        facts={
            **dict.fromkeys(measurement.OF_TRAININGS),
            **case_facts(case),
            "seconds_per_step": seconds,
            "samples_per_second": case.batch_size / seconds,
            **measurement.rate_facts(work, seconds),
            **measurement.enqueued_facts(rounds, alone),
            **measurement.device_facts(backend, case.device, steps.fresh, RULE.device_steps),
            **measurement.cold_facts(backend, case.device, steps.fresh),
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
