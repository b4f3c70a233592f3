"""Reads the counters beside every timed round, and says what went on and what disturbed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, TypeVar

from bench.machine import threads
from bench.machine.counters import TICK_SECONDS, Counters, GpuReading, HostReader, Reading
from bench.machine.gpu import GpuReader, Reason, reason_names
from bench.machine.rule import RULE
from bench.store.marks import MARKS
from kernels.backends.cuda_driver import EMULATED

Number = TypeVar("Number", int, float)

# Reading everything that may disturb a timed round, at one moment.


class TelemetryReader(Protocol):
    """What reads the counters just before and just after a timed round."""

    def read(self) -> Reading:
        """Read all counters, now."""


class SystemTelemetry:
    """Reads this machine.

    Read it in the thread that times.

    Parameters
    ----------
    gpu_uuids : iterable of str
        The GPUs that are timed; none for work on the CPU, which a GPU can't disturb.
    cpus : sequence of int
        Those that this process may run on: what runs elsewhere does not count. None for
        those that it might when it began.
    """

    def __init__(
        self, gpu_uuids: Iterable[str] = (), cpus: Sequence[int] | None = None
    ) -> None:
        usable = threads.AT_START if cpus is None else cpus
        pinned = 0 < len(usable) < (os.cpu_count() or 1)
        self._host = HostReader(cpus=usable if pinned else None)
        self._gpus = tuple(GpuReader(uuid) for uuid in gpu_uuids)

    def read(self) -> Reading:
        """Read all counters."""
        # The host is read last: asking NVML takes CPU time, and it is this process's.
        gpus = tuple(gpu.read() for gpu in self._gpus)
        host = self._host.read()
        return replace(host, gpus=gpus) if gpus else host


# What went on during one round: the difference of two readings.


@dataclass(frozen=True, slots=True)
class GpuChange(GpuReading):
    """What went on with one GPU: the fields of a reading, with another meaning.

    Attributes
    ----------
    throttle_reasons : int or None
        Bits that were set before the round or after it.
    energy_joules : float or None
        Used.
    temperature_celsius : int or None
        The higher of the two.
    sm_clock_mhz, memory_clock_mhz, sm_clock_set_mhz : int or None
        The lower of the two.
    ecc_corrected, ecc_uncorrected : int or None
        New errors.
    foreign_processes : int or None
        The greater of the two.
    """


@dataclass(frozen=True, slots=True)
class Change(Counters):
    """What went on between two readings: by how much the counters grew, and what follows.

    None is for what one of the readings lacks.

    Attributes
    ----------
    seconds : float or None
        From reading to reading: a little more than the round.
    n_cpus : int or None
        As in ``Reading``, and the same in both.
    load : float or None
        The later one: of a mean over a minute the difference says nothing.
    foreign_cpu_seconds : float or None
        CPU time of everything but this process, at the resolution of the kernel's ticks.
    waited_seconds : float or None
        The longest that a thread of this process waited for a CPU while something else
        had it: see ``_waited``.
    yardstick_seconds : float or None
        What the yardstick took just before and just after, on average.
    gpus : tuple of GpuChange
        In the order of the readings.
    """

    seconds: float | None = None
    n_cpus: int | None = None
    load: float | None = None
    foreign_cpu_seconds: float | None = None
    waited_seconds: float | None = None
    yardstick_seconds: float | None = None
    gpus: tuple[GpuChange, ...] = ()


def change(before: Reading, after: Reading) -> Change:
    """Say what went on between two readings.

    Parameters
    ----------
    before, after : Reading
        Of one reader, in this order.
    """
    grown: dict[str, Any] = {
        field.name: _grown(getattr(before, field.name), getattr(after, field.name))
        for field in fields(Counters)
    }
    busy, own = grown["busy_seconds"], grown["own_cpu_seconds"]
    return Change(
        seconds=_grown(before.monotonic_seconds, after.monotonic_seconds),
        n_cpus=after.n_cpus,
        load=after.load,
        foreign_cpu_seconds=None if busy is None or own is None else max(0.0, busy - own),
        waited_seconds=_waited(before, after, own),
        gpus=tuple(map(_gpu_change, before.gpus, after.gpus)),
        **grown,
    )


def _waited(before: Reading, after: Reading, own: float | None) -> float | None:
    """Return the longest that a thread waited for a CPU while something else had it.

    While a thread waits for a CPU, someone has that CPU. The other threads of this process
    can have had it for no longer than they ran in all; the rest was someone else. So pools
    of threads that stand in each other's way count for nothing, and what is counted is sure.
    """
    both = before.threads.keys() & after.threads.keys()
    if own is None or not both:
        return None
    longest = 0.0
    for thread in both:
        (ran_before, waited_before), (ran, waited) = (
            before.threads[thread],
            after.threads[thread],
        )
        others_ran = max(0.0, own - (ran - ran_before))
        longest = max(longest, waited - waited_before - others_ran)
    return longest


def _gpu_change(before: GpuReading, after: GpuReading) -> GpuChange:
    """Say what went on with one GPU."""
    return GpuChange(
        **{
            field.name: COMBINED.get(field.name, _grown)(
                getattr(before, field.name), getattr(after, field.name)
            )
            for field in fields(GpuChange)
        }
    )


def _grown(before: Number | None, after: Number | None) -> Number | None:
    """Return by how much a counter has grown; some hosts let stolen time shrink a little."""
    if before is None or after is None:
        return None
    return max(after - before, type(after)(0))


def _of_known(combine: Callable[[list[int]], int]) -> Callable[..., int | None]:
    """Combine what is known of some values; None where none is."""

    def combined(*values: int | None) -> int | None:
        known = [value for value in values if value is not None]
        return combine(known) if known else None

    return combined


#: How two readings of a GPU become one value; what is not named here only grows.
COMBINED: dict[str, Callable[[Any, Any], Any]] = {
    "uuid": lambda _, after: after,
    "throttle_reasons": _of_known(lambda bits: bits[0] | bits[-1]),
    **dict.fromkeys(("temperature_celsius", "foreign_processes"), _of_known(max)),
    **dict.fromkeys(("sm_clock_mhz", "memory_clock_mhz", "sm_clock_set_mhz"), _of_known(min)),
}


# The rounds of a case in a run file: a list for each field.


#: What marks a round is kept. ``n_cpus`` is the fingerprint's to tell; what the others only
#: went into is ``foreign_cpu_seconds`` and ``waited_seconds``.
COLUMNS = (
    *("load", "foreign_cpu_seconds", "waited_seconds", "steal_seconds"),
    *("involuntary_switches", "minor_faults", "major_faults"),
    *("pressure_cpu_seconds", "pressure_memory_seconds", "pressure_io_seconds"),
    *("throttled_periods", "yardstick_seconds"),
)
GPU_COLUMNS = tuple(field.name for field in fields(GpuChange) if field.name != "uuid")


def columns(changes: Sequence[Change]) -> dict[str, Any]:
    """Turn records into columns.

    Parameters
    ----------
    changes : sequence of Change
        One a round.

    Returns
    -------
    dict
        JSON-ready: to each field of ``Change`` its values, one a round, or a single one where
        all are the same. A field that is zero in every round is left out; one that is unknown
        in every round too, and its name stands in the list ``unread``. ``gpus`` is left out
        where there is none, else it holds the same of each by its UUID; throttle reasons are
        written as names.
    """
    found = _columns(COLUMNS, changes)
    by_gpu = zip(*(one.gpus for one in changes), strict=True)
    gpus = {of_one[0].uuid: _columns(GPU_COLUMNS, of_one) for of_one in by_gpu}
    return {**found, "gpus": gpus} if gpus else found


def _columns(names: Sequence[str], rows: Sequence[Any]) -> dict[str, Any]:
    """Turn records of one kind into columns."""
    kept: dict[str, Any] = {}
    unread: list[str] = []
    for name in names if rows else ():
        values = [_written(name, getattr(row, name)) for row in rows]
        if all(value is None for value in values):
            unread.append(name)
        elif any(value != values[0] for value in values):
            kept[name] = values
        elif values[0]:
            kept[name] = values[0]
    return {**kept, "unread": unread}


def _written(name: str, value: float | None) -> float | list[str] | None:
    """Write one value down."""
    if value is None:
        return None
    if name == "throttle_reasons":
        return reason_names(int(value))
    return round(value, RULE.telemetry_digits)


# Says which rounds something else than the timed work has disturbed.
#
# A round is marked only where the counters leave no doubt: that the work itself uses the
# machine, and that its own threads wait for each other, marks nothing. Each check is a pure
# function of what went on during the round, and says why its threshold is where it is.
#
# A hot GPU is not marked for being hot, only for being slowed down; what heat does shows there.


#: Reasons for a low clock that are no choice of the user's and no idleness. The power cap is
#: among them unless NVML tells how long it worked.
SLOWED = (
    Reason.HARDWARE_SLOWDOWN
    | Reason.THERMAL_SLOWDOWN
    | Reason.HARDWARE_THERMAL_SLOWDOWN
    | Reason.POWER_BRAKE
)


def marks(change: Change, drained_seconds: float) -> tuple[str, ...]:
    """Name what disturbed a round.

    Parameters
    ----------
    change : Change
        What went on during it.
    drained_seconds : float
        How long it took.

    Returns
    -------
    tuple of str
        Codes of ``MARKS``, in its order; none for a round that nothing is known to have
        disturbed.
    """
    gpus = change.gpus
    found = {
        "steal": _exceeds(change.steal_seconds, drained_seconds),
        "quota": bool(change.throttled_periods),
        "preempted": _is_preempted(change, drained_seconds),
        "foreign-load": _is_loaded(change),
        "paged-in": _exceeds(
            (change.major_faults or 0) * RULE.page_in_seconds, drained_seconds
        ),
        "pressure-memory": _exceeds(change.pressure_memory_seconds, drained_seconds),
        "pressure-io": _is_held_by_disk(change, drained_seconds),
        "throttled": any(_is_throttled(gpu, drained_seconds) for gpu in gpus),
        "gpu-slow": any(map(is_slow, gpus)),
        "gpu-shared": any(gpu.foreign_processes for gpu in gpus),
        "gpu-emulated": any(gpu.uuid == EMULATED for gpu in gpus),
        "ecc": any(gpu.ecc_corrected or gpu.ecc_uncorrected for gpu in gpus),
    }
    return tuple(code for code in MARKS if found[code])


def is_untrusted(n_disturbed: int, n_rounds: int) -> bool:
    """Say whether most rounds of a case were disturbed."""
    return n_disturbed > RULE.untrusted_share * n_rounds


def _exceeds(lost_seconds: float | None, seconds: float) -> bool:
    """Say whether what was lost is a share of the round that counts."""
    return lost_seconds is not None and lost_seconds > max(
        RULE.min_disturbed_share * seconds, RULE.min_disturbed_seconds
    )


def _is_preempted(change: Change, seconds: float) -> bool:
    """Say whether something else had a CPU that a thread of ours waited for.

    Where waiting is not known, switches are counted, and only in a round in which no other
    thread of this process ran: those push each other aside too.
    """
    if change.waited_seconds is not None:
        return _exceeds(change.waited_seconds, seconds)
    own, thread, switches = (
        change.own_cpu_seconds,
        change.thread_cpu_seconds,
        change.involuntary_switches,
    )
    if own is None or thread is None or switches is None:
        return False
    alone = own - thread <= RULE.min_disturbed_share * seconds
    return alone and switches > RULE.max_switches + RULE.max_switches_per_second * seconds


def _is_loaded(change: Change) -> bool:
    """Say whether others used more of the CPUs than was left over.

    The counters move by ticks, each CPU's by itself, so a short round can't be judged: what
    is less than a tick for each busy CPU, and one more, may be no load at all.
    """
    seconds, n_cpus = change.seconds, change.n_cpus
    busy, foreign = change.busy_seconds, change.foreign_cpu_seconds
    if not seconds or n_cpus is None or busy is None or foreign is None:
        return False
    resolution = TICK_SECONDS * (1 + busy / seconds)
    if foreign <= max(RULE.background_cores * seconds, resolution):
        return False
    none_left = n_cpus * seconds - busy < RULE.min_idle_cores * seconds
    return none_left or foreign > RULE.foreign_share * n_cpus * seconds


def _is_held_by_disk(change: Change, seconds: float) -> bool:
    """Say whether tasks waited for a disk, and this process may have been one of them.

    One that was on a CPU throughout, or ready to run, did not wait for a disk, whoever did.
    """
    stalled, window, own = change.pressure_io_seconds, change.seconds, change.own_cpu_seconds
    if stalled is None or window is None or own is None:
        return False
    asleep = window - own - (change.waited_seconds or 0.0)
    return _exceeds(min(stalled, asleep), seconds)


def is_slow(gpu: GpuReading) -> bool:
    """Say whether a GPU's clock is far below the one that it is set to, for no known reason.

    So it is while it wakes from idleness, of which the first calls are a part. A clock that a
    user has locked is no disturbance.
    """
    clock, usual = gpu.sm_clock_mhz, gpu.sm_clock_set_mhz
    if not clock or not usual or (gpu.throttle_reasons or 0) & Reason.APPLICATION_CLOCKS:
        return False
    return clock < RULE.min_clock_share * usual


def _is_throttled(gpu: GpuChange, seconds: float) -> bool:
    """Say whether heat or power held a GPU's clock down.

    How long it did is known of some GPUs. The bits say only that it was so just before the
    round or just after it.
    """
    bits = gpu.throttle_reasons or 0
    if bits & SLOWED or _exceeds(gpu.thermal_violation_seconds, seconds):
        return True
    if gpu.power_violation_seconds is None:
        return bool(bits & Reason.POWER_CAP)
    return _exceeds(gpu.power_violation_seconds, seconds)
