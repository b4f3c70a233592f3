"""What the counters of a machine say at one moment.

Most of them only ever grow; what a round did to them is the difference of two readings
(see ``change``). None is for what the machine does not tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class GpuReading:
    """One GPU at one moment.

    Attributes
    ----------
    uuid : str
        ``GPU-…``.
    throttle_reasons : int or None
        NVML's bits of what holds the clock down now (``nvmlClocksEventReason…``).
    power_violation_seconds : float or None
        So far: time during which the power limit held the clock down.
    thermal_violation_seconds : float or None
        So far: time during which the temperature did.
    energy_joules : float or None
        Since the driver was loaded.
    temperature_celsius : int or None
    sm_clock_mhz : int or None
    memory_clock_mhz : int or None
    ecc_corrected : int or None
        Errors since the driver was loaded.
    ecc_uncorrected : int or None
    foreign_processes : int or None
        Processes with a compute context on this GPU, without this one and those that
        started it.
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
class Reading:
    """The machine at one moment, as this process and this thread see it.

    Attributes
    ----------
    monotonic_seconds : float or None
    n_cpus : int or None
        The CPUs that ``steal_seconds`` and ``busy_seconds`` are summed over: those that
        this process may run on.
    steal_seconds : float or None
        Time that the host gave to others while something here wanted to run.
    busy_seconds : float or None
        CPU time of everything that ran, interrupts included; a guest's is not counted
        twice.
    own_cpu_seconds : float or None
        CPU time of this process, all its threads.
    thread_cpu_seconds : float or None
        CPU time of the thread that reads.
    involuntary_switches : int or None
        How often a thread of this process lost its CPU to something else.
    voluntary_switches : int or None
        How often one gave it up to wait.
    minor_faults : int or None
        Pages that were at hand.
    major_faults : int or None
        Pages that had to be read from a disk.
    run_delay_seconds : float or None
        How long the thread that reads was ready to run and waited for a CPU.
    threads : mapping of int to (float, float)
        To the number of a thread of this process, the seconds that it ran and those that
        it was ready to run and waited for a CPU; empty where the kernel does not keep them.
    pressure_cpu_seconds : float or None
        Time during which some task of the machine waited for a CPU; as the next two, one
        of the kernel's pressure stall totals ("some").
    pressure_memory_seconds : float or None
        … for memory.
    pressure_io_seconds : float or None
        … for a disk.
    load : float or None
        Load average of the last minute.
    gpus : tuple of GpuReading
    """

    monotonic_seconds: float | None = None
    n_cpus: int | None = None
    steal_seconds: float | None = None
    busy_seconds: float | None = None
    own_cpu_seconds: float | None = None
    thread_cpu_seconds: float | None = None
    involuntary_switches: int | None = None
    voluntary_switches: int | None = None
    minor_faults: int | None = None
    major_faults: int | None = None
    run_delay_seconds: float | None = None
    threads: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    pressure_cpu_seconds: float | None = None
    pressure_memory_seconds: float | None = None
    pressure_io_seconds: float | None = None
    load: float | None = None
    gpus: tuple[GpuReading, ...] = ()
