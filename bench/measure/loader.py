"""Measures ``bench_loader``: batches only, no training."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from bench.measure.calibration import StoppingRule, calibrate, overhead, warm_calls
from bench.measure.gate import GateError
from bench.measure.measurement import (
    OF_TRAININGS,
    Measurement,
    enqueued_facts,
    median_seconds,
    quality_facts,
)
from bench.measure.protocol import Protocol
from bench.measure.rounds import (
    Action,
    Instruments,
    RoundTimer,
    awaited,
    exhaust,
)
from bench.measure.rule import RULE
from data.workload import Workload
from kernels.sampling import draw_order

if TYPE_CHECKING:
    from kernels.contract import Backend, Batches, Order


@dataclass(frozen=True)
class LoaderCase:
    """One cell of the matrix."""

    workload: Workload
    backend: Backend
    device: str
    loader: str
    batch_size: int


def _verify(case: LoaderCase, batches: Batches, order: Order) -> None:
    """Compare the batches with the rows that they should hold, to the last bit."""
    size = case.batch_size
    loader = f"the {case.loader} loader on {case.device} (batch size {size})"
    part = order[: RULE.checked_batches * size + size // 2]
    first = 0
    for features, labels in batches(part):
        index = part[first : first + size]
        same = np.array_equal(
            case.backend.to_numpy(features), case.workload.features[index]
        ) and np.array_equal(case.backend.to_numpy(labels), case.workload.labels[index])
        if not same:
            raise GateError(
                f"{loader} is wrong, so it is not timed: the batch that starts at sample "
                f"{first} of the order holds other rows than the order names."
            )
        first += len(index)
    if first != len(part):
        raise GateError(
            f"{loader} is wrong, so it is not timed: it yielded {first} of {len(part)} samples."
        )


def measure_loading(
    case: LoaderCase, protocol: Protocol, instruments: Instruments
) -> Measurement:
    """Verify a loader, then time epochs of batches that nobody uses.

    Raises
    ------
    GateError
        When a batch holds other rows than the order names.
    """
    workload = case.workload
    drain = partial(case.backend.drain, case.device)
    batches = case.backend.batches(case.loader, workload, case.device, case.batch_size)
    rng = np.random.default_rng(protocol.seed)
    _verify(case, batches, draw_order(rng, workload.n_samples, protocol.sampling))

    def epoch() -> Action:
        order = draw_order(rng, workload.n_samples, protocol.sampling)
        return partial(exhaust, batches, order)

    warmed = warm_calls(epoch, drain, instruments)
    empty = overhead(drain, instruments)
    calibrated = calibrate(warmed.settled_seconds, empty.seconds_per_round)
    n_epochs = calibrated.iterations
    lead_in = awaited([epoch()] * calibrated.lead_in, drain)
    timer = RoundTimer(drain, instruments)
    stop = timer.repeat(
        StoppingRule.of(protocol, RULE.min_rounds),
        lambda: timer.time(
            awaited([epoch() for _ in range(n_epochs)], drain), n_epochs, lead_in
        ),
    )
    rounds = tuple(timer.rounds)
    seconds = median_seconds(rounds)
    return Measurement(
        rounds=rounds,
        facts={
            **dict.fromkeys(OF_TRAININGS),
            "case": "loader",
            "workload": workload.name,
            "backend": case.backend.name,
            "device": case.device,
            "loader": case.loader,
            "batch_size": case.batch_size,
            "n_samples": workload.n_samples,
            "n_features": workload.n_features,
            "seconds_per_epoch": seconds,
            "samples_per_second": workload.n_samples / seconds,
            "sampling": protocol.sampling,
            "seed": protocol.seed,
            "verified": True,
            **enqueued_facts(rounds, timer.alone(RULE.min_rounds, epoch, lead_in)),
            **quality_facts(timer, stop, protocol.target, empty),
            "warm_up": asdict(warmed),
        },
        group=f"loader {workload.name} {case.device} {case.loader}",
    )
