"""Measures ``bench_notebook``: the published protocol, to be put beside what it printed.

The published notebook's "sec per epoch" is another quantity than ``bench_epoch``'s: it
includes evaluating the loss on the device every 100 samples, takes its batches from
Gluon's DataLoader, is of the last epoch alone, and does not drain (the last evaluation
waits for all that came before it, though).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from bench.measure import gate
from bench.measure.calibration import Stop
from bench.measure.epoch import case_facts
from bench.measure.gate import TrainingCase
from bench.measure.measurement import Measurement, enqueued_facts, quality_facts
from bench.measure.protocol import EVALUATE_EVERY, Plan, Protocol, Published, plan_training
from bench.measure.rounds import Clock, Instruments, Round, RoundTimer


@dataclass(frozen=True)
class Training:
    """One training by the notebook's protocol.

    Attributes
    ----------
    seconds : float
        Of the last epoch.
    losses : tuple of float
        At the start, then every 100 samples.
    seconds_at : tuple of float
        Since the start of the first epoch, at each loss.
    """

    seconds: float
    losses: tuple[float, ...]
    seconds_at: tuple[float, ...]


def _train(case: TrainingCase, plan: Plan, clock: Clock) -> Training:
    """Train as the notebook does: loss evaluations inside the clock, nothing drained."""
    kernel: Any = case.kernel
    state = case.prepare(plan.start)
    losses, seconds_at = [kernel.training_loss(state)], [0.0]
    first = begin = clock()
    end = first
    for order, rates in zip(plan.orders, plan.learning_rates, strict=True):
        begin = clock()
        for number, (X, y) in enumerate(state.batches(order)):
            kernel.step(state, X, y, rates[number])
            if (number + 1) * case.batch_size % EVALUATE_EVERY == 0:
                losses.append(kernel.training_loss(state))
                seconds_at.append(clock() - first)
        end = clock()
    gate.check(case, plan.expected[-1], state, "after the notebook's training")
    return Training(end - begin, tuple(losses), tuple(seconds_at))


def measure_notebook(
    case: TrainingCase,
    setting: Published,
    protocol: Protocol,
    instruments: Instruments,
) -> Measurement:
    """Verify a kernel, then run the notebook's training a few times.

    Parameters
    ----------
    case : TrainingCase
        Of a kernel that has ``step`` and ``training_loss``.
    protocol : Protocol
        Gives the number of trainings and the seed of the first.

    Returns
    -------
    Measurement
        One round a training: its last epoch. The loss and the seconds that are printed
        are those of one training, the one whose seconds are the median.

    Raises
    ------
    GateError
    """
    timer = RoundTimer(case.drain, instruments)
    trainings: list[Training] = []

    def one_training(plan: Plan) -> Round:
        trainings.append(_train(case, plan, instruments.clock))
        return Round(trainings[-1].seconds, trainings[-1].seconds)

    for repeat in range(protocol.notebook_repeats):
        settings = replace(
            protocol,
            epochs=setting.epochs,
            learning_rate=setting.learning_rate,
            schedule="constant",
            seed=protocol.seed + repeat,
        )
        plan = plan_training(case.workload, case.batch_size, settings)
        if repeat == 0:
            state = case.prepare(plan.start)
            report = gate.verify(case, plan, state)
        timer.observe(partial(one_training, plan))
    median = sorted(trainings, key=lambda one: one.seconds)[(len(trainings) - 1) // 2]
    rounds = tuple(timer.rounds)
    return Measurement(
        rounds=rounds,
        facts={
            **case_facts(case),
            "case": "notebook",
            "protocol": "notebook",
            "seconds_per_epoch": median.seconds,
            "samples_per_second": case.workload.n_samples / median.seconds,
            **enqueued_facts(rounds),
            **quality_facts(timer, Stop.PROTOCOL, protocol.target),
            "loss": median.losses[-1],
            "loss_initial": median.losses[0],
            "loss_every_100_samples": median.losses,
            "seconds_every_100_samples": median.seconds_at,
            "loss_by_training": [one.losses[-1] for one in trainings],
            "loss_optimum": case.workload.optimum.loss,
            "learning_rate": setting.learning_rate,
            "epochs": setting.epochs,
            "seed": protocol.seed,
            "sampling": protocol.sampling,
            "printed": f"loss: {median.losses[-1]:f}, {median.seconds:f} sec per epoch",
            "published": asdict(setting),
            "verified": True,
            "gate": asdict(report),
        },
        group=f"notebook {case.workload.name} {case.device}",
    )
