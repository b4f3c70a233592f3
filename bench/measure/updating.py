"""Measures ``bench_update``: the parameter update alone, over parameter counts."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.measure.gate import GateError, GateReport
from bench.measure.measurement import Measurement, enqueued_facts, median_seconds
from bench.measure.rounds import rounds_for, time_round
from kernels import backends
from kernels.reference import UNIT_ROUNDOFF

if TYPE_CHECKING:
    from bench.measure.protocol import Protocol
    from bench.measure.rounds import Action, Clock, Round
    from kernels.contract import UpdateKernel, Weight

ETA = 1e-3
GATE_UPDATES = 3
#: Fewest bytes that an update can move: read w, read g, write w, 4 bytes each.
MINIMUM_BYTES_PER_PARAMETER = 12
#: A round lasts at least this long, so that the wait at its end does not decide it.
ROUND_SECONDS = 2e-3
MIN_ROUNDS = 10


@dataclass(frozen=True)
class UpdateCase:
    """One cell of the matrix.

    Attributes
    ----------
    kernel : UpdateKernel
    device : str
    n_parameters : int
    """

    kernel: UpdateKernel
    device: str
    n_parameters: int


@lru_cache(maxsize=1)
def draw_arrays(n_parameters: int, seed: int) -> tuple[Weight, Weight]:
    """Draw a parameter and its gradient, each of shape (n_parameters,), from N(0, 1)."""
    rng = np.random.default_rng(seed)
    weight = rng.standard_normal(n_parameters, dtype=np.float32)
    return weight, rng.standard_normal(n_parameters, dtype=np.float32)


def check_update(case: UpdateCase, state: object, seed: int, n_updates: int) -> float:
    """Compare a parameter with float64 after some updates.

    Each update rounds the rate, at most two products and the difference, by u each; so
    after k of them float32 explains ``4 k u (|w| + k eta |g|)`` in each element (Higham
    2002, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 3.1).

    Parameters
    ----------
    case : UpdateCase
    state : object
        The kernel's.
    seed : int
        That the arrays were drawn with.
    n_updates : int

    Returns
    -------
    float
        The largest difference as a share of the tolerance, at most 1.

    Raises
    ------
    GateError
    """
    weight, gradient = draw_arrays(case.n_parameters, seed)
    moved = n_updates * ETA * gradient.astype(np.float64)
    allowed = np.abs(weight) + np.abs(moved)
    allowed *= 4 * n_updates * UNIT_ROUNDOFF
    allowed += np.finfo(np.float32).tiny
    difference = np.abs(case.kernel.parameters(state) - (weight - moved))
    ratio = float((difference / allowed).max())
    if not ratio <= 1:
        raise GateError(
            f"{case.kernel.name} on {case.device} ({case.n_parameters} parameters) is wrong, "
            f"so it is not timed: after update {n_updates} a parameter is {ratio:.3g} times "
            f"as far from float64 as float32 rounding explains."
        )
    return ratio


def _verify(case: UpdateCase, seed: int) -> GateReport:
    """Compare after each of the first updates."""
    state = case.kernel.prepare(case.device, *draw_arrays(case.n_parameters, seed), ETA)
    worst = 0.0
    for number in range(1, GATE_UPDATES + 1):
        case.kernel.update(state)
        worst = max(worst, check_update(case, state, seed, number))
    return GateReport(steps=GATE_UPDATES, worst_ratio=worst)


def _iterations(work: Action, drain: Action, clock: Clock) -> int:
    """Return how many updates make a round long enough; this is the warm-up too."""
    iterations = 1
    while True:
        seconds = time_round(work, drain, clock, iterations).drained_seconds
        if seconds >= ROUND_SECONDS or iterations >= 100_000:
            return iterations
        aimed = math.ceil(1.2 * iterations * ROUND_SECONDS / max(seconds, 1e-9))
        iterations = min(max(aimed, 2 * iterations), 10 * iterations)


def measure_update(
    case: UpdateCase, protocol: Protocol, clock: Clock = time.perf_counter
) -> Measurement:
    """Verify an update kernel, then time it.

    Parameters
    ----------
    case : UpdateCase
    protocol : Protocol
    clock : callable

    Returns
    -------
    Measurement

    Raises
    ------
    GateError
        When the kernel does not match float64, before or after the timed updates.
    """
    report = _verify(case, protocol.seed)
    drain = partial(backends.get(case.kernel.backend).drain, case.device)
    arrays = draw_arrays(case.n_parameters, protocol.seed)
    work = partial(case.kernel.update, case.kernel.prepare(case.device, *arrays, ETA))
    iterations = _iterations(work, drain, clock)

    state = case.kernel.prepare(case.device, *arrays, ETA)
    work = partial(case.kernel.update, state)
    next_round = partial(time_round, work, drain, clock, iterations)
    rounds = rounds_for(next_round, protocol, MIN_ROUNDS)
    check_update(case, state, protocol.seed, iterations * len(rounds))
    return Measurement(
        rounds=rounds,
        facts=_facts(case, protocol, report, rounds),
        group=f"update {case.device} P{case.n_parameters}",
    )


def _facts(
    case: UpdateCase, protocol: Protocol, report: GateReport, rounds: tuple[Round, ...]
) -> dict[str, Any]:
    """Return what the run file says of the case beside its rounds."""
    seconds = median_seconds(rounds)
    minimum = MINIMUM_BYTES_PER_PARAMETER * case.n_parameters
    moved = case.kernel.bytes_per_parameter * case.n_parameters
    return {
        "case": "update",
        "workload": None,
        "kernel": case.kernel.name,
        "backend": case.kernel.backend,
        "operator": case.kernel.operator,
        "device": case.device,
        "loader": None,
        "batch_size": None,
        "n_samples": None,
        "n_parameters": case.n_parameters,
        "seconds_per_epoch": None,
        "samples_per_second": None,
        "loss": None,
        "loss_initial": None,
        "learning_rate": ETA,
        "epochs": None,
        "seed": protocol.seed,
        "seconds_per_update": seconds,
        "bytes_minimum": minimum,
        "bytes_moved": moved,
        "useful_bytes_per_second": minimum / seconds,
        "moved_bytes_per_second": moved / seconds,
        **enqueued_facts(rounds),
        "verified": True,
        "gate": asdict(report),
    }
