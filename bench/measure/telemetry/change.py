"""What the counters say that went on during one round: the difference of two readings."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from bench.measure.telemetry.reading import GpuReading, Reading

    Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class GpuChange:
    """What went on with one GPU.

    Attributes
    ----------
    uuid : str
    throttle_reasons : int or None
        Bits that were set before the round or after it.
    power_violation_seconds, thermal_violation_seconds : float or None
    energy_joules : float or None
        Used.
    temperature_celsius : int or None
        The higher of the two.
    sm_clock_mhz, memory_clock_mhz : int or None
        The lower of the two.
    ecc_corrected, ecc_uncorrected : int or None
        New errors.
    foreign_processes : int or None
        The greater of the two.
    """

    uuid: str
    throttle_reasons: int | None = None
    power_violation_seconds: float | None = None
    thermal_violation_seconds: float | None = None
    energy_joules: float | None = None
    temperature_celsius: int | None = None
    sm_clock_mhz: int | None = None
    memory_clock_mhz: int | None = None
    ecc_corrected: int | None = None
    ecc_uncorrected: int | None = None
    foreign_processes: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What went on between two readings; None for what one of them lacks.

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
    steal_seconds, busy_seconds, own_cpu_seconds, thread_cpu_seconds : float or None
        This and what follows are differences of what ``Reading`` has under the same name.
    involuntary_switches, voluntary_switches, minor_faults, major_faults : int or None
    run_delay_seconds : float or None
    pressure_cpu_seconds, pressure_memory_seconds, pressure_io_seconds : float or None
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
    steal_seconds: float | None = None
    busy_seconds: float | None = None
    own_cpu_seconds: float | None = None
    thread_cpu_seconds: float | None = None
    involuntary_switches: int | None = None
    voluntary_switches: int | None = None
    minor_faults: int | None = None
    major_faults: int | None = None
    run_delay_seconds: float | None = None
    pressure_cpu_seconds: float | None = None
    pressure_memory_seconds: float | None = None
    pressure_io_seconds: float | None = None
    yardstick_seconds: float | None = None
    gpus: tuple[GpuChange, ...] = ()


DERIVED = ("foreign_cpu_seconds", "waited_seconds", "yardstick_seconds")
#: The fields of a reading that only grow.
COUNTERS = tuple(
    field.name
    for field in fields(Change)
    if field.name not in {"seconds", "n_cpus", "load", *DERIVED, "gpus"}
)


def change(before: Reading, after: Reading) -> Change:
    """Say what went on between two readings.

    Parameters
    ----------
    before, after : Reading
        Of one reader, in this order.

    Returns
    -------
    Change
    """
    grown: dict[str, Any] = {
        name: _grown(getattr(before, name), getattr(after, name)) for name in COUNTERS
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
    reasons = (before.throttle_reasons, after.throttle_reasons)
    known = [bits for bits in reasons if bits is not None]
    return GpuChange(
        uuid=after.uuid,
        throttle_reasons=known[0] | known[-1] if known else None,
        power_violation_seconds=_grown(
            before.power_violation_seconds, after.power_violation_seconds
        ),
        thermal_violation_seconds=_grown(
            before.thermal_violation_seconds, after.thermal_violation_seconds
        ),
        energy_joules=_grown(before.energy_joules, after.energy_joules),
        temperature_celsius=_most(before.temperature_celsius, after.temperature_celsius),
        sm_clock_mhz=_least(before.sm_clock_mhz, after.sm_clock_mhz),
        memory_clock_mhz=_least(before.memory_clock_mhz, after.memory_clock_mhz),
        ecc_corrected=_grown(before.ecc_corrected, after.ecc_corrected),
        ecc_uncorrected=_grown(before.ecc_uncorrected, after.ecc_uncorrected),
        foreign_processes=_most(before.foreign_processes, after.foreign_processes),
    )


def _grown(before: Number | None, after: Number | None) -> Number | None:
    """Return by how much a counter has grown; some hosts let stolen time shrink a little."""
    if before is None or after is None:
        return None
    return max(after - before, type(after)(0))


def _most(*values: int | None) -> int | None:
    """Return the greatest of what is known."""
    return max((value for value in values if value is not None), default=None)


def _least(*values: int | None) -> int | None:
    """Return the smallest of what is known."""
    return min((value for value in values if value is not None), default=None)
