"""Measures ``bench_epoch``: trainings of a few epochs, every epoch a timed round."""

from __future__ import annotations

import time
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.measure import gate
from bench.measure.device_time import device_facts
from bench.measure.measurement import Measurement, enqueued_facts, median_seconds
from bench.measure.protocol import plan_training
from bench.measure.rates import epoch_work, rate_facts
from bench.measure.rounds import time_round
from bench.measure.warming import warm_up
from kernels import backends

if TYPE_CHECKING:
    from bench.measure.gate import TrainingCase
    from bench.measure.protocol import Plan, Protocol
    from bench.measure.rounds import Action, Clock, Round


def _train_once(
    case: TrainingCase, plan: Plan, drain: Action, clock: Clock
) -> tuple[list[Round], list[float]]:
    """Train from the start; return a round and a loss for each epoch.

    The loss and the comparison with the reference stay outside the clock.
    """
    kernel, workload = case.kernel, case.workload
    state = kernel.prepare(workload, case.device, case.batch_size, case.loader, plan.start)
    rounds, losses = [], []
    epochs = zip(plan.orders, plan.learning_rates, plan.expected, strict=True)
    for number, (order, rates, expected) in enumerate(epochs, 1):
        work = partial(kernel.epoch, state, order, rates)
        rounds.append(time_round(work, drain, clock))
        gate.check(case, expected, state, f"after timed epoch {number}")
        losses.append(workload.loss(*kernel.parameters(state)))
    return rounds, losses


def measure_training(
    case: TrainingCase, protocol: Protocol, clock: Clock = time.perf_counter
) -> Measurement:
    """Verify a kernel, then time its epochs.

    Parameters
    ----------
    case : TrainingCase
    protocol : Protocol
    clock : callable

    Returns
    -------
    Measurement
        One round an epoch; the facts of ``extra_info``.

    Raises
    ------
    GateError
        When the kernel does not match the reference, before or in the timed epochs.
    DivergedError
        When the learning rate is too large.
    """
    backend = backends.get(case.kernel.backend)
    drain = partial(backend.drain, case.device)
    protocol = protocol.of(case.kernel)
    plan = plan_training(case.workload, case.batch_size, protocol, case.kernel.rule)
    report = gate.verify(case, plan)
    warmed = warm_up(case, plan, drain, clock)
    rounds, losses = _train_once(case, plan, drain, clock)
    while (
        sum(one.drained_seconds for one in rounds) < protocol.seconds_per_case
        and len(rounds) < protocol.max_rounds
    ):
        rounds += _train_once(case, plan, drain, clock)[0]
    loss_initial = case.workload.loss(plan.start.weight, plan.start.bias)
    return Measurement(
        rounds=tuple(rounds),
        facts={
            **case_facts(case),
            **_time_facts(case, tuple(rounds)),
            **device_facts(backend, case.device, partial(_one_epoch, case, plan)),
            **_loss_facts(case, protocol, [loss_initial, *losses]),
            "case": "epoch",
            "verified": True,
            "gate": asdict(report),
            "warm_up": asdict(warmed),
        },
        group=f"epoch {case.workload.name} {case.device} {case.loader} B{case.batch_size}",
    )


def _one_epoch(case: TrainingCase, plan: Plan) -> Action:
    """Prepare a training, and return its first epoch."""
    kernel = case.kernel
    state = kernel.prepare(case.workload, case.device, case.batch_size, case.loader, plan.start)
    return partial(kernel.epoch, state, plan.orders[0], plan.learning_rates[0])


def _time_facts(case: TrainingCase, rounds: tuple[Round, ...]) -> dict[str, Any]:
    """Return what the rounds say."""
    seconds = median_seconds(rounds)
    return {
        "seconds_per_epoch": seconds,
        "samples_per_second": case.workload.n_samples / seconds,
        **rate_facts(epoch_work(case), seconds),
        **enqueued_facts(rounds),
    }


def _loss_facts(
    case: TrainingCase, protocol: Protocol, loss_by_epoch: list[float]
) -> dict[str, Any]:
    """Return what the training came to, and all that it depends on."""
    return {
        "loss": loss_by_epoch[-1],
        "loss_initial": loss_by_epoch[0],
        "loss_by_epoch": loss_by_epoch,
        "loss_optimum": case.workload.optimum.loss,
        "learning_rate": protocol.eta(case.workload, case.batch_size, case.kernel.rule),
        "schedule": protocol.schedule,
        "sampling": protocol.sampling,
        "seed": protocol.seed,
        "epochs": protocol.epochs,
    }


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
    }
