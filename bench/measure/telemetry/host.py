"""Reads the host's counters, cheaply enough to do so around every timed round.

The files stay open and are read anew with one call each. On two cores that is some tens of
microseconds in all; ``/proc/stat``, the dearest, grows with the number of CPUs and of
interrupts, which the kernel writes down whether or not anyone reads that far.
"""

from __future__ import annotations

import os
import resource
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure.telemetry.reading import Reading
from bench.measure.telemetry.waiting import ThreadWaits

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The kernel counts in ``/proc/stat`` by ticks of this length on every machine.
TICK_SECONDS = 1.0 / os.sysconf("SC_CLK_TCK")
#: Of ``/proc/stat`` the first line is wanted, or the lines of some CPUs.
TOTAL_BYTES, CPUS_BYTES = 256, 2**16
SMALL_BYTES = 256
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
        self._files = {name: _opened(root / path) for name, path in FILES.items()}
        weakref.finalize(self, _close, tuple(self._files.values()))
        wanted = [b"cpu"] if cpus is None else [b"cpu%d" % cpu for cpu in cpus]
        self._wanted = frozenset(wanted)
        self._waits = ThreadWaits(root)
        self._stat_bytes = TOTAL_BYTES if cpus is None else CPUS_BYTES
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
            load=self._load(),
        )

    def _text(self, name: str, n_bytes: int = SMALL_BYTES) -> bytes:
        """Read a file from its beginning; one that can't be read is not tried again."""
        file = self._files[name]
        if file is None:
            return b""
        try:
            return os.pread(file, n_bytes, 0)
        except OSError:
            # Where pressure is switched off its files are there, and refuse to be read. The
            # descriptor stays open: ``_close`` closes it with the others.
            self._files[name] = None
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

    def _load(self) -> float | None:
        """Read the load average of the last minute."""
        fields = self._text("load").split(None, 1)
        return float(fields[0]) if fields else None


def _opened(path: Path) -> int | None:
    """Open a file; None for one that is not there."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _close(files: Iterable[int | None]) -> None:
    """Close the files that were opened."""
    for file in files:
        if file is not None:
            os.close(file)
