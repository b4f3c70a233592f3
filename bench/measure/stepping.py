"""Measures ``bench_step``: one training step at a time, for its latency.

A round is one step on one batch that is on the device already, from an idle device to an
idle device; the time until the call returned is kept beside it. So it holds what an epoch
of steps may hide: the wait at the end of each.
"""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.measure import gate
from bench.measure.device_time import device_facts
from bench.measure.measurement import Measurement, enqueued_facts, median_seconds
from bench.measure.protocol import plan_training
from bench.measure.rates import rate_facts, step_work
from bench.measure.rounds import rounds_for, time_round
from bench.measure.training import case_facts
from kernels import backends, reference

if TYPE_CHECKING:
    from bench.measure.gate import TrainingCase
    from bench.measure.protocol import Plan, Protocol
    from bench.measure.rounds import Action, Clock, Round

WARM_UP_STEPS = 20
MIN_ROUNDS = 50
MAX_ROUNDS = 300


def _one_step(case: TrainingCase, plan: Plan, eta: float) -> tuple[Action, Any]:
    """Prepare a training and its first batch; return the step on it, and the state."""
    kernel: Any = case.kernel  # one with a step
    state = kernel.prepare(case.workload, case.device, case.batch_size, case.loader, plan.start)
    X, y = next(iter(state.batches(plan.orders[0][: case.batch_size])))
    return partial(kernel.step, state, X, y, eta), state


def _expected(case: TrainingCase, plan: Plan, eta: float, n_steps: int) -> reference.Reference:
    """Return what float64 makes of so many steps on the first batch."""
    now = reference.Reference.start(plan.start)
    batch = plan.orders[0][: case.batch_size]
    ((x, y),) = reference.augmented_batches(case.workload, batch, case.batch_size)
    for _ in range(n_steps):
        now = reference.step(now, x, y, eta, case.kernel.rule)
    return now


def measure_step(
    case: TrainingCase, protocol: Protocol, clock: Clock = time.perf_counter
) -> Measurement:
    """Verify a kernel, then time single steps of it.

    Parameters
    ----------
    case : TrainingCase
        Of a kernel that has ``step``.
    protocol : Protocol
    clock : callable

    Returns
    -------
    Measurement
        One round a step.

    Raises
    ------
    GateError
        When the kernel does not match the reference, before or after the timed steps.
    DivergedError
        When the learning rate is too large.
    """
    backend = backends.get(case.kernel.backend)
    drain = partial(backend.drain, case.device)
    plan = plan_training(case.workload, case.batch_size, protocol, case.kernel.rule)
    report = gate.verify(case, plan)
    eta = plan.learning_rates[0][0]
    work, state = _one_step(case, plan, eta)
    for _ in range(WARM_UP_STEPS):
        time_round(work, drain, clock)
    many = replace(protocol, max_rounds=MAX_ROUNDS)
    rounds = rounds_for(partial(time_round, work, drain, clock), many, MIN_ROUNDS)
    n_steps = WARM_UP_STEPS + len(rounds)
    expected = _expected(case, plan, eta, n_steps)
    gate.check(case, expected, state, f"after {n_steps} steps on one batch")
    return Measurement(
        rounds=rounds,
        facts={
            **case_facts(case),
            **_step_facts(case, rounds),
            **device_facts(
                backend, case.device, lambda: _one_step(case, plan, eta)[0], WARM_UP_STEPS
            ),
            "case": "step",
            "learning_rate": eta,
            "seed": protocol.seed,
            "verified": True,
            "gate": asdict(report),
        },
        group=f"step {case.workload.name} {case.device} B{case.batch_size}",
    )


def _step_facts(case: TrainingCase, rounds: tuple[Round, ...]) -> dict[str, Any]:
    """Return what the rounds say; what only an epoch has is empty."""
    seconds = median_seconds(rounds)
    work = step_work(case.kernel, case.batch_size, case.workload.n_features)
    epoch = ("seconds_per_epoch", "loss", "loss_initial", "epochs")
    return {
        **dict.fromkeys(epoch),
        "seconds_per_step": seconds,
        "samples_per_second": case.batch_size / seconds,
        **rate_facts(work, seconds),
        **enqueued_facts(rounds),
    }
