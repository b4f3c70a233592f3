"""What the counters of a machine say at one moment, and how the host's are read."""

from __future__ import annotations

import os
import re
import resource
import threading
import time
import weakref
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.machine.processor import quotas
from bench.machine.rule import RULE

# The counters of a machine at one moment. Most only ever grow; None is an unknown one.


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
    ecc_corrected : int or None
        Errors since the driver was loaded.
    foreign_processes : int or None
        Processes that work on this GPU, without those of this measurement.
    sm_clock_set_mhz : int or None
        At which the GPU runs where heat and power permit: the most that it can, or less where
        someone has set applications a lower clock.
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
    sm_clock_set_mhz: int | None = None


@dataclass(frozen=True, slots=True)
class Counters:
    """What only ever grows, as this process and this thread see it.

    Attributes
    ----------
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
    pressure_cpu_seconds : float or None
        Time during which some task of the machine waited for a CPU; as the next two, one
        of the kernel's pressure stall totals ("some").
    pressure_memory_seconds : float or None
        … for memory.
    pressure_io_seconds : float or None
        … for a disk.
    throttled_periods : int or None
        Periods of the kernel in which a control group had used up its quota of CPU time.
    """

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
    throttled_periods: int | None = None


@dataclass(frozen=True, slots=True)
class Reading(Counters):
    """The machine at one moment.

    Attributes
    ----------
    n_cpus : int or None
        The CPUs that ``steal_seconds`` and ``busy_seconds`` are summed over: those that
        this process may run on.
    threads : mapping of int to (float, float)
        To the number of a thread of this process, the seconds that it ran and those that
        it was ready to run and waited for a CPU; empty where the kernel does not keep them.
    load : float or None
        Load average of the last minute.
    """

    monotonic_seconds: float | None = None
    n_cpus: int | None = None
    threads: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    load: float | None = None
    gpus: tuple[GpuReading, ...] = ()


# How long each thread of this process waited for a CPU: MXNet's engine computes in threads
# other than the one that times.


NANO = 1e-9


class ThreadWaits:
    """Reads ``schedstat`` of this process's threads.

    Parameters
    ----------
    root : Path
        Holds ``proc``.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._folder = root / "proc/self/task"
        self._files: dict[int, int] = {}
        self._n_links = -1
        weakref.finalize(self, _close, self._files)

    def read(self) -> dict[int, tuple[float, float]]:
        """Read all threads.

        Returns
        -------
        dict of int to (float, float)
            To a thread's number, the seconds that it ran and those that it waited; nothing
            where the kernel does not keep it.
        """
        try:
            # The kernel counts a thread as a link of this folder.
            n_links = self._folder.stat().st_nlink
        except OSError:
            return {}
        if n_links != self._n_links:
            self._list(n_links)
        found = {}
        for thread, file in tuple(self._files.items()):
            try:
                ran, waited, n_runs = os.pread(file, RULE.file_bytes, 0).split()
            except (OSError, ValueError):  # it has ended
                os.close(self._files.pop(thread))
                self._n_links = -1
                continue
            # A kernel that does not keep the times writes zeros, the number of runs too.
            if n_runs != b"0":
                found[thread] = (int(ran) * NANO, int(waited) * NANO)
        return found

    def _list(self, n_links: int) -> None:
        """Open the files of the threads that there are now, and close the others'."""
        here = {int(thread.name) for thread in self._folder.iterdir()}
        if len(here) > RULE.max_threads:
            here &= {threading.get_native_id()}
        for thread in set(self._files) - here:
            os.close(self._files.pop(thread))
        for thread in here - set(self._files):
            # It may have ended since, or the kernel has no such file.
            _open(self._files, thread, self._folder / f"{thread}/schedstat")
        self._n_links = n_links


def _open(files: dict[Any, int], name: object, path: Path) -> None:
    """Keep a file open under a name, where it is there."""
    with suppress(OSError):
        files[name] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _close(files: dict[Any, int]) -> None:
    """Close the files that are open."""
    while files:
        os.close(files.popitem()[1])


# The host's counters, cheap enough to read around every timed round: the files stay open,
# and reading them takes some tens of microseconds on two cores.


#: The kernel counts in ``/proc/stat`` by ticks of this length on every machine.
TICK_SECONDS = 1.0 / os.sysconf("SC_CLK_TCK")
MICRO = 1e-6
FILES = {
    "stat": "proc/stat",
    "load": "proc/loadavg",
    "cpu": "proc/pressure/cpu",
    "memory": "proc/pressure/memory",
    "io": "proc/pressure/io",
}


class HostReader:
    """Reads the host.

    Read it in the thread that times: that thread's CPU time and waiting are told apart.

    Parameters
    ----------
    root : Path
        Holds ``proc``.
    cpus : iterable of int, or None
        The CPUs whose time counts; None for all of them.
    """

    def __init__(self, root: Path = Path("/"), cpus: Iterable[int] | None = None) -> None:
        self._files: dict[str, int] = {}
        weakref.finalize(self, _close, self._files)
        for name, path in FILES.items():
            _open(self._files, name, root / path)
        for group in quotas(root):
            _open(self._files, str(group), group / "cpu.stat")
        self._groups = [name for name in self._files if name not in FILES]
        wanted = [b"cpu"] if cpus is None else [b"cpu%d" % cpu for cpu in cpus]
        self._wanted = frozenset(wanted)
        self._waits = ThreadWaits(root)
        self._stat_bytes = RULE.stat_line_bytes if cpus is None else RULE.stat_bytes
        self._n_cpus = (os.cpu_count() or 1) if cpus is None else len(wanted)

    def read(self) -> Reading:
        """Read all counters.

        Returns
        -------
        Reading
            Without GPUs.
        """
        own = resource.getrusage(resource.RUSAGE_SELF)
        busy, steal = self._busy_steal()
        threads = self._waits.read()
        _, run_delay = threads.get(threading.get_native_id(), (None, None))
        return Reading(
            monotonic_seconds=time.monotonic(),
            n_cpus=self._n_cpus,
            steal_seconds=steal,
            busy_seconds=busy,
            own_cpu_seconds=time.process_time(),
            thread_cpu_seconds=time.thread_time(),
            involuntary_switches=own.ru_nivcsw,
            voluntary_switches=own.ru_nvcsw,
            minor_faults=own.ru_minflt,
            major_faults=own.ru_majflt,
            run_delay_seconds=run_delay,
            threads=threads,
            pressure_cpu_seconds=self._pressure("cpu"),
            pressure_memory_seconds=self._pressure("memory"),
            pressure_io_seconds=self._pressure("io"),
            throttled_periods=sum(map(self._throttled, self._groups)),
            load=self._load(),
        )

    def _text(self, name: str, n_bytes: int = RULE.file_bytes) -> bytes:
        """Read a file from its beginning; one that can't be read is not tried again."""
        if name not in self._files:
            return b""
        try:
            return os.pread(self._files[name], n_bytes, 0)
        except OSError:
            # Where pressure is switched off its files are there, and refuse to be read.
            os.close(self._files.pop(name))
            return b""

    def _busy_steal(self) -> tuple[float | None, float | None]:
        """Sum user, nice, system, irq and softirq, and steal, over the CPUs that count.

        A guest's time is in user's and nice's already.
        """
        busy = steal = n_found = 0
        for line in self._text("stat", self._stat_bytes).split(b"\n"):
            name, _, ticks = line.partition(b" ")
            if name in self._wanted:
                user, nice, system, _idle, _iowait, irq, softirq, stolen = map(
                    int, ticks.split()[:8]
                )
                busy += user + nice + system + irq + softirq
                steal += stolen
                n_found += 1
                if n_found == len(self._wanted):
                    return busy * TICK_SECONDS, steal * TICK_SECONDS
            elif not name.startswith(b"cpu"):
                break
        return None, None

    def _pressure(self, name: str) -> float | None:
        """Read the total of the first line, "some", in microseconds."""
        some, _, _ = self._text(name).partition(b"\n")
        _, found, total = some.rpartition(b"total=")
        return int(total) * MICRO if found else None

    def _throttled(self, group: str) -> int:
        """Read in how many periods a control group was stopped."""
        counted = re.search(rb"nr_throttled (\d+)", self._text(group))
        return int(counted[1]) if counted else 0

    def _load(self) -> float | None:
        """Read the load average of the last minute."""
        fields = self._text("load").split(None, 1)
        return float(fields[0]) if fields else None


class NoTelemetry:
    """Reads nothing: nothing is known, and no round is marked."""

    def read(self) -> Reading:
        """Return a reading of which everything is unknown."""
        return Reading()
