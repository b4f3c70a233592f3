"""Says which rounds something else than the timed work has disturbed.

A round is marked only where the counters leave no doubt: that the work itself uses the
machine, and that its own threads wait for each other, marks nothing. Each check is a pure
function of what went on during the round, and says why its threshold is where it is.

A hot GPU is not marked for being hot, only for being slowed down; what heat does shows there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from bench.machine.gpu import (
    HARDWARE,
    HARDWARE_THERMAL,
    POWER_BRAKE,
    POWER_CAP,
    THERMAL,
    reason_names,
)
from bench.machine.rule import RULE
from bench.store.marks import MARKS

if TYPE_CHECKING:
    from bench.machine.telemetry import Change, GpuChange

#: ``/proc/stat`` counts in these, on every machine (the kernel's USER_HZ).
TICK_SECONDS = 0.01
#: Reasons for a low clock that are no choice of the user's and no idleness. The power cap is
#: among them unless NVML tells how long it worked.
SLOWED = HARDWARE | THERMAL | HARDWARE_THERMAL | POWER_BRAKE


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
        "preempted": _is_preempted(change, drained_seconds),
        "foreign-load": _is_loaded(change),
        "paged-in": _exceeds(
            (change.major_faults or 0) * RULE.page_in_seconds, drained_seconds
        ),
        "pressure-memory": _exceeds(change.pressure_memory_seconds, drained_seconds),
        "pressure-io": _is_held_by_disk(change, drained_seconds),
        "throttled": any(_is_throttled(gpu, drained_seconds) for gpu in gpus),
        "gpu-shared": any(gpu.foreign_processes for gpu in gpus),
        "ecc": any(gpu.ecc_corrected or gpu.ecc_uncorrected for gpu in gpus),
    }
    return tuple(code for code in MARKS if found[code])


def details(code: str, changes: Iterable[Change]) -> str:
    """Say what exactly is behind a mark.

    Parameters
    ----------
    code : str
        Of ``MARKS``.
    changes : iterable of Change
        Of the rounds that bear it.

    Returns
    -------
    str
        What slowed the GPU down, or how many processes shared it; else empty.
    """
    gpus = [gpu for one in changes for gpu in one.gpus]
    if code == "throttled":
        bits = 0
        for gpu in gpus:
            bits |= (gpu.throttle_reasons or 0) & (SLOWED | POWER_CAP)
            bits |= POWER_CAP if gpu.power_violation_seconds else 0
            bits |= THERMAL if gpu.thermal_violation_seconds else 0
        return ", ".join(reason_names(bits))
    if code == "gpu-shared":
        return f"{max((gpu.foreign_processes or 0 for gpu in gpus), default=0)} other processes"
    return ""


def disturbed_share(marks_of_rounds: Collection[Collection[str]]) -> float:
    """Return the share of the rounds that were disturbed.

    Parameters
    ----------
    marks_of_rounds : collection of collections of str
        What ``marks`` returned, for each round.

    Returns
    -------
    float
        0 without rounds.
    """
    disturbed = sum(bool(of_one) for of_one in marks_of_rounds)
    return disturbed / len(marks_of_rounds) if marks_of_rounds else 0.0


def is_untrusted(marks_of_rounds: Collection[Collection[str]]) -> bool:
    """Say whether most rounds of a case were disturbed."""
    return disturbed_share(marks_of_rounds) > RULE.untrusted_share


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


def _is_throttled(gpu: GpuChange, seconds: float) -> bool:
    """Say whether heat or power held a GPU's clock down.

    How long it did is known of some GPUs. The bits say only that it was so just before the
    round or just after it.
    """
    bits = gpu.throttle_reasons or 0
    if bits & SLOWED or _exceeds(gpu.thermal_violation_seconds, seconds):
        return True
    if gpu.power_violation_seconds is None:
        return bool(bits & POWER_CAP)
    return _exceeds(gpu.power_violation_seconds, seconds)
