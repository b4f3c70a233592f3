"""By which rule a machine is read and a round marked: every number that was chosen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Numbers of the room; where nothing else is said, a number is a round one.

    Attributes
    ----------
    max_threads : int
        Reading one thread takes a microsecond or two. A process of more threads has a pool
        for the cores of a large machine; then the thread that reads is read alone.
    file_bytes, stat_line_bytes, stat_bytes : int
        Read of a small file of the kernel, of the first line of ``/proc/stat``, and of the
        lines of its CPUs: enough for a thousand of them.
    telemetry_digits : int
        Decimals of what is written: what the readings themselves take varies by more than a
        tenth of a microsecond.
    memory_step_bytes : int
        Total memory is rounded to this: the kernel keeps a little more or less at each boot.
    fingerprint_timeout_seconds : float
        For the process that takes the fingerprint: it imports every backend.
    working_seconds : float
        NVML samples who works on a GPU a few times a second at most.
    min_disturbed_share : float
        What takes less than this share of a round is below what rounds differ by anyway.
    min_disturbed_seconds : float
        So is what takes less than this: waking a thread, or a kernel thread's turn.
    max_switches, max_switches_per_second : int, float
        Where no waiting is known: a thread loses its CPU to the kernel's threads a few times
        a second, to a rival on the same core 100 times a second and more.
    page_in_seconds : float
        What reading a page from a disk takes at least, but for the fastest.
    background_cores : float
        Services in the background take up to this share of one core on a quiet machine.
    min_idle_cores : float
        With less of a core idle, others can't have run without taking our turn.
    foreign_share : float
        With this share of all cores busy for others, the memory's bandwidth and the clock
        are no longer ours, even where a core is.
    min_clock_share : float
        Below this share of its usual clock nvbench throws a sample away, too.
    untrusted_share : float
        A case of which more rounds were disturbed says more about the disturbance.
    steal_watch_seconds : float
        How long ``doctor`` watches for stolen time.
    max_steal_percent, max_load_per_core : float
        More of it makes timings noisy; so does a higher load average.
    min_cores : int
        With fewer, the system's own work disturbs what is timed.
    min_free_memory_share : float
        With less, memory is nearly full.
    most_padding_bytes : int
        A page: what comes after the padding begins anywhere in one.
    """

    max_threads: int = 32
    file_bytes: int = 256
    stat_line_bytes: int = 256
    stat_bytes: int = 2**16
    telemetry_digits: int = 7
    memory_step_bytes: int = 256 * 2**20
    fingerprint_timeout_seconds: float = 120.0
    working_seconds: float = 2.0
    min_disturbed_share: float = 0.01
    min_disturbed_seconds: float = 50e-6
    max_switches: int = 3
    max_switches_per_second: float = 20.0
    page_in_seconds: float = 1e-3
    background_cores: float = 0.05
    min_idle_cores: float = 0.1
    foreign_share: float = 0.5
    min_clock_share: float = 0.75
    untrusted_share: float = 0.5
    steal_watch_seconds: float = 0.5
    max_steal_percent: float = 0.5
    max_load_per_core: float = 0.25
    min_cores: int = 4
    min_free_memory_share: float = 0.1
    most_padding_bytes: int = 4096


RULE = Rule()
