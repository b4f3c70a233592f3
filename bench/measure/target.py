"""Measures ``bench_target``: whole trainings, until the loss is near the optimum.

How many steps that takes, at which learning rate, is known before (``bench.convergence``): it
does not depend on the kernel. So a round is a training of exactly so many steps, and nothing
looks at the loss inside the clock. An epoch is awaited before the next one begins, as in
``bench_epoch``; the last one is cut short where the target is.
"""

from __future__ import annotations

import math
from array import array

import numpy as np

from bench.convergence.step_counts import FOLDER, Statistics, StepsToTarget
from bench.convergence.tuning import Setting
from bench.measure import gate
from bench.measure.calibration import StoppingRule, calibrate, overhead, ready
from bench.measure.epoch import case_facts
from bench.measure.gate import TrainingCase
from bench.measure.measurement import Measurement, enqueued_facts, median_seconds, quality_facts
from bench.measure.protocol import Plan, Protocol
from bench.measure.rounds import (
    Action,
    Instruments,
    RoundTimer,
    awaited,
    time_calls,
)
from bench.measure.rule import RULE
from data.workload import Workload
from kernels import reference, schedules
from kernels.rule import UpdateRule
from kernels.sampling import draw_order, draw_start


class MissedError(Exception):
    """No learning rate gets the loss to the target; the message says in how many steps."""


def setting_of(protocol: Protocol, rule: UpdateRule) -> Setting:
    """Return what the number of steps depends on, of a protocol."""
    return Setting(
        tolerance=protocol.tolerance,
        schedule=protocol.schedule,
        sampling=protocol.sampling,
        rule=rule,
        seed=protocol.seed,
    )


def measure_target(
    case: TrainingCase, protocol: Protocol, instruments: Instruments
) -> Measurement:
    """Verify a kernel, then time trainings until the target.

    Returns
    -------
    Measurement
        One round a training.

    Raises
    ------
    GateError
        When the kernel does not match the reference, before or after a training.
    MissedError
        When the target is not reached.
    """
    protocol = protocol.of(case.kernel)
    setting = setting_of(protocol, case.kernel.rule)
    statistics = Statistics(case.workload, setting, FOLDER)
    needed = statistics.at(case.batch_size)
    plan = plan_to_target(case.workload, needed, setting)
    drain = case.drain
    made = ready(case, plan, drain, instruments)
    trainings = _Trainings(case, plan, made.state, RoundTimer(drain, instruments))
    trainings.warm_up()
    stop = trainings.timer.repeat(StoppingRule.of(protocol, RULE.min_rounds), trainings.one)
    rounds = tuple(trainings.timer.rounds)
    empty = overhead(drain, instruments)
    return Measurement(
        rounds=rounds,
        facts={
            **case_facts(case),
            "case": "target",
            "seconds_to_target": median_seconds(rounds),
            "target_loss": statistics.target_loss,
            "tolerance": protocol.tolerance,
            "loss_optimum": case.workload.optimum.loss,
            "learning_rate": needed.learning_rate,
            "steps_to_target": needed.whole_steps,
            "expected_steps_to_target": needed.steps,
            "steps_interval": [needed.steps_low, needed.steps_high],
            "seeds": needed.seeds,
            "missed_seeds": needed.steps_by_seed.count(None),
            "schedule": protocol.schedule,
            "sampling": protocol.sampling,
            "seed": protocol.seed,
            "loss": case.workload.loss(*case.kernel.parameters(made.state)),
            **enqueued_facts(rounds),
            **quality_facts(trainings.timer, stop, protocol.target, empty),
            "verified": True,
            "gate": {"steps": made.gate.steps, "worst_ratio": made.gate.worst_ratio},
        },
        group=f"target {case.workload.name} {case.device} {case.loader} B{case.batch_size}",
    )


def plan_to_target(workload: Workload, needed: StepsToTarget, setting: Setting) -> Plan:
    """Draw a training of as many steps as the target takes, and what float64 makes of it.

    Returns
    -------
    Plan
        The expected parameters of its last epoch are those at the target.

    Raises
    ------
    MissedError
    """
    size, n_steps = needed.batch_size, needed.whole_steps
    if n_steps is None:
        raise MissedError(
            f"at batch size {size} the loss of {workload.name} is not within "
            f"{100 * setting.tolerance:.3g}% of the optimum after {needed.cap} steps, at any "
            "learning rate."
        )
    rng = np.random.default_rng(setting.seed)
    start = draw_start(rng, workload.n_features)
    per_epoch = math.ceil(workload.n_samples / size)
    schedule = schedules.parse(setting.schedule, needed.learning_rate)
    orders, rates, expected = [], [], []
    now = reference.Reference.start(start)
    for epoch in range(math.ceil(n_steps / per_epoch)):
        left = min(per_epoch, n_steps - epoch * per_epoch)
        orders.append(draw_order(rng, workload.n_samples, setting.sampling)[: left * size])
        rates.append(array("d", schedule.rates(epoch, per_epoch)[:left].tolist()))
        now = reference.epoch(now, workload, orders[-1], size, rates[-1], setting.rule)
        expected.append(now)
    return Plan(start, tuple(orders), tuple(rates), tuple(expected))


class _Trainings:
    """The timed trainings of a case, on one state."""

    def __init__(
        self, case: TrainingCase, plan: Plan, state: object, timer: RoundTimer
    ) -> None:
        self.case, self.plan, self.state, self.timer = case, plan, state, timer
        self._before = 0

    def _training(self) -> list[Action]:
        return awaited(self.plan.works(self.case.kernel, self.state), self.timer.drain)

    def _reset(self) -> None:
        self.case.kernel.reset(self.state, self.plan.start)

    def warm_up(self) -> None:
        """Train once, untimed: the last epoch has a length of its own to be compiled for."""
        self._reset()
        timer, seconds = self.timer, 0.0
        for _ in range(2):
            one = time_calls(self._training(), timer.drain, timer.instruments)
            seconds = one.drained_seconds
        self._before = calibrate(seconds).lead_in

    def one(self) -> None:
        """Time a training from the start, and compare where it ends with the reference."""
        before = self._training() * self._before
        self.timer.time(self._training(), 1, [*before, self.timer.drain, self._reset])
        expected = self.plan.expected[-1]
        gate.check(self.case, expected, self.state, "after the training to the target")
