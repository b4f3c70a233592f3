"""What measuring a case leaves: its rounds, its rates, and what else is to be known of it."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.machine.telemetry import columns, is_untrusted, marks
from bench.measure.rounds import Action, Round, empty_kernel, seconds_of
from bench.measure.rule import RULE
from bench.stats.medians import median_interval, relative_half_width
from kernels.contract import Backend, DeviceTime, TrainKernel
from kernels.cost import n_flops

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from bench.measure.calibration import Overhead, Stop
    from bench.measure.gate import TrainingCase
    from bench.measure.rounds import RoundTimer

# The rounds of a case, with its facts.


#: Facts of trainings that other cases have too, empty where they say nothing of the case.
OF_TRAININGS = (
    *("workload", "kernel", "loader", "batch_size", "n_samples", "learning_rate"),
    *("seconds_per_epoch", "samples_per_second", "loss", "loss_initial", "epochs"),
)


@dataclass(frozen=True)
class Measurement:
    """A measured case.

    Attributes
    ----------
    facts : dict of str to JSON value
        The ``extra_info`` of the run file.
    group : str
        Cases that are worth comparing share it.
    """

    rounds: tuple[Round, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    group: str = ""

    def __post_init__(self) -> None:
        """Give the device of one that the CPU has emulated a name that no GPU has."""
        if "gpu-emulated" in (self.facts.get("marks") or ()):
            device = str(self.facts["device"]).removeprefix("emulated ")
            self.facts["device"] = f"emulated {device}"


def median_seconds(rounds: tuple[Round, ...]) -> float:
    """Return the median over the rounds of the drained seconds of one iteration."""
    return statistics.median(one.drained_seconds / one.iterations for one in rounds)


def enqueued_facts(rounds: tuple[Round, ...], alone: tuple[Round, ...] = ()) -> dict[str, Any]:
    """Return the enqueued seconds of one iteration: their median, and all of them.

    Parameters
    ----------
    rounds : tuple of Round
        Of the case.
    alone : tuple of Round
        Rounds of one call each, where those of the case await every call in turn. Their share
        until the call returned is taken, of the case's median: so no call returns later than
        the device is idle, though a call alone takes another time than one among others.
    """
    seconds = [round(one.enqueued_seconds / one.iterations, 12) for one in rounds]
    if alone:
        median = median_seconds(rounds)
        shares = [one.enqueued_seconds / (one.drained_seconds or 1.0) for one in alone]
        seconds = [round(share * median, 12) for share in shares]
    return {"enqueued_seconds": statistics.median(seconds), "enqueued_data": seconds}


# How good a number is: facts of every measurement.


def quality_facts(
    timer: RoundTimer, stop: Stop, target: float, overhead: Overhead | None = None
) -> dict[str, Any]:
    """Say how precise and how undisturbed the rounds of a case are.

    Parameters
    ----------
    timer : RoundTimer
        Its rounds, at least one, and what the machine did in them.
    stop : Stop
        Why there are no more.
    target : float
        The relative half-width that was aimed at.
    overhead : Overhead, optional
        What an empty kernel took in this process.

    Returns
    -------
    dict
        ``interval``: of the median, at 95%, in seconds of one iteration, None below six
        rounds; ``half_width``: half of it, as a share of the median; ``target_half_width``;
        ``stopped``; ``marks``: by reason, the numbers of the rounds that were disturbed;
        ``disturbed_rounds``: how many; ``untrusted``: most of them; ``telemetry``: what was
        read, by round; ``overhead_share``: the harness's part of the median; ``overhead``.
    """
    seconds = seconds_of(timer.rounds)
    half_width = relative_half_width(seconds)
    marked = [
        marks(seen, one.drained_seconds)
        for seen, one in zip(timer.changes, timer.rounds, strict=True)
    ]
    n_disturbed = sum(map(bool, marked))
    interval = median_interval(seconds)
    share = overhead and overhead.share(
        median_seconds(tuple(timer.rounds)), timer.rounds[0].iterations
    )
    return {
        "interval": interval and list(interval),
        "half_width": half_width if math.isfinite(half_width) else None,
        "target_half_width": target,
        "stopped": stop.value,
        "marks": _by_reason(marked),
        "disturbed_rounds": n_disturbed,
        "untrusted": is_untrusted(n_disturbed, len(marked)),
        "telemetry": columns(timer.changes),
        "overhead": overhead and asdict(overhead),
        "overhead_share": share,
    }


def _by_reason(marked: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """Turn the reasons of each round into the rounds of each reason."""
    by_reason: dict[str, list[int]] = {}
    for number, reasons in enumerate(marked):
        for reason in reasons:
            by_reason.setdefault(reason, []).append(number)
    return by_reason


# Rates: the bytes and flops that a kernel declares, over the seconds it took.


def step_work(kernel: TrainKernel, m: int, d: int) -> tuple[float, float] | None:
    """Return the bytes and flops of a step on m samples of d features, if declared."""
    if kernel.cost is None:
        return None
    return kernel.cost.n_bytes(m, d), n_flops(m, d, kernel.rule)


def epoch_work(case: TrainingCase) -> tuple[float, float] | None:
    """Return the bytes and flops of an epoch, its short last batch included, if declared."""
    d = case.workload.n_features
    n_full, rest = divmod(case.workload.n_samples, case.batch_size)
    full = step_work(case.kernel, case.batch_size, d)
    if full is None:
        return None
    last = step_work(case.kernel, rest, d) if rest else None
    moved, flops = last or (0.0, 0.0)
    return n_full * full[0] + moved, n_full * full[1] + flops


def rate_facts(work: tuple[float, float] | None, seconds: float) -> dict[str, Any]:
    """Return what was moved and computed, and how fast.

    Parameters
    ----------
    work : tuple of float or None
        Bytes and flops; None where the kernel does not declare them.

    Returns
    -------
    dict
        ``bytes_moved``, ``flops`` and their rates; None where nothing is declared.
    """
    moved, flops = work if work is not None else (None, None)
    return {
        "bytes_moved": moved,
        "flops": flops,
        "moved_bytes_per_second": None if moved is None else moved / seconds,
        "flops_per_second": None if flops is None else flops / seconds,
    }


# Seconds by the device's own events, in a pass of its own: recording events takes time.


def device_facts(
    backend: Backend, device: str, fresh: Callable[[], Action], iterations: int = 1
) -> dict[str, Any]:
    """Time work by the device's events, where there are any.

    Parameters
    ----------
    fresh : callable
        Prepares, outside the events, and returns the work.
    iterations : int
        Calls of the work between two events.

    Returns
    -------
    dict
        ``device_seconds``, of one call: the median, None where the backend has no events;
        ``device_data``: all of them; ``device_held``: whether each was the device's own time,
        and no span in which it may have waited for the host.
    """
    found: list[DeviceTime] = []
    for _ in range(
        RULE.device_repeats if backend.device_seconds(device, empty_kernel) is not None else 0
    ):
        taken = backend.device_seconds(device, partial(_repeat, fresh(), iterations))
        if taken is not None:
            found.append(taken)
    seconds = [one.seconds / iterations for one in found]
    return {
        "device_seconds": statistics.median(seconds) if seconds else None,
        "device_data": seconds,
        "device_held": all(one.held for one in found) if found else None,
    }


def cold_facts(backend: Backend, device: str, fresh: Callable[[], Action]) -> dict[str, Any]:
    """Time single calls whose data are in no cache of the device, as `device_facts` does.

    Returns
    -------
    dict
        ``cold_seconds``: the median, None where the backend has no events; ``cold_data``.
    """
    seconds: list[float] = []
    for _ in range(
        RULE.cold_repeats if backend.device_seconds(device, empty_kernel) is not None else 0
    ):
        taken = backend.device_seconds(device, fresh(), cold=True)
        if taken is not None and taken.held:
            seconds.append(taken.seconds)
    median = statistics.median(seconds) if seconds else None
    return {"cold_seconds": median, "cold_data": seconds}


def _repeat(work: Action, iterations: int) -> None:
    for _ in range(iterations):
        work()


# Recording: pytest-benchmark has no public way to take rounds timed elsewhere. ``_make_stats``
# and ``_mode`` are its own; ``tests/measure/test_recording.py`` fails where they change.


def record(benchmark: BenchmarkFixture, measurement: Measurement) -> None:
    """Put a measurement into pytest-benchmark's fixture.

    Parameters
    ----------
    benchmark : BenchmarkFixture
        Not used before.
    measurement : Measurement
        All of its rounds have as many iterations.
    """
    benchmark._mode = "bench.measure"
    benchmark.group = measurement.group
    benchmark.extra_info.update(measurement.facts)
    if benchmark.disabled:
        return
    stats = benchmark._make_stats(measurement.rounds[0].iterations)  # type: ignore[no-untyped-call]
    # What pytest-benchmark would have done; how the suite measures is its protocol's to say.
    stats.options = {"disable_gc": True, "timer": time.perf_counter}
    for one in measurement.rounds:
        stats.update(one.drained_seconds)
