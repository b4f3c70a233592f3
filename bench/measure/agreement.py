"""Measures the measuring: an empty kernel, one that sleeps, a plain loop beside the suite."""

from __future__ import annotations

import ctypes
import statistics
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bench.measure.calibration import StoppingRule, calibrate, overhead
from bench.measure.epoch import measure_training
from bench.measure.gate import TrainingCase
from bench.measure.protocol import Protocol, plan_training
from bench.measure.rounds import RoundTimer, instruments_for, seconds_of
from bench.measure.rule import RULE
from kernels.registry import Registry

# A plain loop, which uses none of the suite's timing.


def plain_loop(case: TrainingCase, protocol: Protocol) -> list[float]:
    """Time epochs, each awaited, with ``time.perf_counter`` around them.

    Parameters
    ----------
    protocol : Protocol
        Gives the orders, the rates and how much is timed.

    Returns
    -------
    list of float
        Seconds of an epoch, of each block of epochs.
    """
    kernel = case.kernel
    drain = case.drain
    protocol = protocol.of(kernel)
    plan = plan_training(case.workload, case.batch_size, protocol, kernel.rule)
    state = case.prepare(plan.start)
    epochs = list(zip(plan.orders, plan.learning_rates, strict=True))
    for number in range(RULE.check_warm_up_epochs):
        kernel.epoch(state, *epochs[number % len(epochs)])
    drain()
    begin = time.perf_counter()
    kernel.epoch(state, *epochs[0])
    drain()
    repeats = calibrate(time.perf_counter() - begin).iterations
    todo = [epochs[number % len(epochs)] for number in range(repeats)]
    seconds: list[float] = []
    while (
        len(seconds) < RULE.min_check_blocks
        or sum(seconds) * repeats < protocol.seconds_per_case
    ):
        drain()
        begin = time.perf_counter()
        for order, rates in todo:
            kernel.epoch(state, order, rates)
            drain()
        seconds.append((time.perf_counter() - begin) / repeats)
    return seconds


# The suite and the plain loop take turns on the same case in the same process, so that both
# meet the same disturbances.


#: ``prctl``: by how much the kernel may let this thread sleep too long, in nanoseconds.
PR_SET_TIMERSLACK = 29


def agreement(
    params: Mapping[str, Any], registry: Registry, protocol: Protocol
) -> dict[str, Any]:
    """Time a training by the suite and by a plain loop, in turns.

    Parameters
    ----------
    params : mapping
        Of a ``bench_epoch`` case.

    Returns
    -------
    dict
        JSON-ready. ``suite`` and ``plain``: the seconds of an epoch, by turn and round;
        ``empty_seconds``: what a call of an empty kernel took, the wait for the idle device
        included; ``call_seconds``: without it; ``sleep_seconds``: what a kernel took that
        sleeps for a millisecond.

    Raises
    ------
    GateError, DivergedError, DataError
    """
    case = TrainingCase.of(params, registry)
    quick = replace(protocol, phases=False)
    drain, instruments = case.drain, instruments_for(case.device)
    suite: list[list[float]] = []
    plain: list[list[float]] = []
    for turn in range(RULE.check_turns):
        for timed in (False, True) if turn % 2 else (True, False):
            if timed:
                suite.append(seconds_of(measure_training(case, quick, instruments).rounds))
            else:
                plain.append(plain_loop(case, quick))
    return {
        "suite": suite,
        "plain": plain,
        "empty_seconds": overhead(drain, instruments).seconds_per_call,
        "call_seconds": overhead(lambda: None, instruments).seconds_per_call,
        "sleep_seconds": _sleeping(RoundTimer(drain, instruments)),
    }


def _sleeping(timer: RoundTimer) -> float:
    """Time a kernel that sleeps for a millisecond, between rounds of untimed work."""
    # As a user's thread it may sleep 50 microseconds longer, which is 5% of a millisecond.
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    untimed: list[int] = []

    def one_round() -> None:
        untimed.extend(range(1000))  # what comes between rounds must not show
        timer.time([partial(time.sleep, RULE.check_sleep_seconds)])

    timer.repeat(StoppingRule(-1.0, float("inf"), RULE.check_sleep_rounds), one_round)
    return statistics.median(seconds_of(timer.rounds))
