"""How much of this process lies in the host's memory, now and at most.

Linux counts the pages that a process has in memory, and remembers the largest count; writing
``5`` to ``clear_refs`` makes it forget what was before (proc_pid_clear_refs(5)). Untouched
memory does not count, memory that was freed and that the C library keeps does.
"""

from __future__ import annotations

import ctypes
import gc
import os
import re
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.measure import kernel_files

if TYPE_CHECKING:
    from collections.abc import Mapping

#: From here on a count is kept for every CPU, before that for every thread.
COUNTED_BY_CPU = (6, 2)
#: Pages that a CPU, or a thread, counts by itself before it adds them to the process's count:
#: ``compute_batch_value`` in lib/percpu_counter.c, ``TASK_RSS_EVENTS_THRESH`` in mm/memory.c.
CPU_PAGES, CPU_PAGES_PER_CPU, THREAD_PAGES = 32, 2, 64
#: Parameters of ``mallopt``, and the size that both have when a process begins.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, INITIAL_THRESHOLD_BYTES = -1, -3, 128 * 1024


@dataclass(frozen=True)
class Resident:
    """What a process has in the host's memory.

    Attributes
    ----------
    now_bytes : int
        Pages of its own, and of files: the code of libraries that it has touched.
    peak_bytes : int
        The most since the peak was forgotten, or since the process began.
    file_bytes : int
        The part of ``now_bytes`` that is of files; zero where the kernel does not tell.
    """

    now_bytes: int
    peak_bytes: int
    file_bytes: int


class HostMemory:
    """Reads the counts of this process.

    Parameters
    ----------
    root : Path
        Where the kernel's files are: ``proc`` and ``sys`` below it.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._self = root / "proc/self"
        self._release = root / "proc/sys/kernel/osrelease"
        self._online = root / "sys/devices/system/cpu/online"
        self._huge_pages = root / "sys/kernel/mm/transparent_hugepage"

    def read(self) -> Resident:
        """Read the counts.

        Returns
        -------
        Resident
            Where the kernel tells no ``VmHWM``, the peak is that of ``getrusage``, in which
            the process that started this one may show too.
        """
        counts = self._status()
        now, peak, of_files = (_bytes(counts, name) for name in ("VmRSS", "VmHWM", "RssFile"))
        return Resident(
            now_bytes=psutil.Process().memory_info().rss if now is None else now,
            peak_bytes=1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            if peak is None
            else peak,
            file_bytes=of_files or 0,
        )

    def forget_peak(self) -> bool:
        """Start the peak anew from what is there now.

        Returns
        -------
        bool
            False where the kernel does not allow it, or tells no peak that it could start.
        """
        try:
            (self._self / "clear_refs").write_text("5")
        except OSError:
            return False
        return "VmHWM" in self._status()

    def slack_bytes(self) -> int:
        """Return how far off a peak may be because of how the kernel counts.

        Returns
        -------
        int
            Bytes of the pages that the CPUs which this process may use, or on older kernels
            its threads, count by themselves at most; or of a huge page, if that is more,
            where any memory may get one.
        """
        status, page = self._status(), resource.getpagesize()
        release = re.match(r"(\d+)\.(\d+)", kernel_files.text(self._release))
        if release and (int(release[1]), int(release[2])) < COUNTED_BY_CPU:
            pages = THREAD_PAGES * int(status.get("Threads", 1))
        else:
            allowed = kernel_files.n_listed(status.get("Cpus_allowed_list", ""))
            online = kernel_files.n_listed(kernel_files.text(self._online))
            batch = max(CPU_PAGES, CPU_PAGES_PER_CPU * (online or os.cpu_count() or 1))
            pages = batch * (allowed or os.cpu_count() or 1)
        return max(page * pages, self._huge_page_bytes())

    def _huge_page_bytes(self) -> int:
        """Return the size of a huge page where any memory may get one; zero elsewhere."""
        size = kernel_files.text(self._huge_pages / "hpage_pmd_size")
        unasked = "[always]" in kernel_files.text(self._huge_pages / "enabled")
        return int(size) if unasked and size.isdecimal() else 0

    def _status(self) -> dict[str, str]:
        """Read what the kernel says of this process, by name."""
        lines = kernel_files.text(self._self / "status").splitlines()
        return {name: told.strip() for name, _, told in (line.partition(":") for line in lines)}


def _bytes(counts: Mapping[str, str], name: str) -> int | None:
    """Return a count of kB, as the kernel calls 1024 bytes, in bytes."""
    told = counts.get(name, "").removesuffix("kB").strip()
    return 1024 * int(told) if told.isdecimal() else None


def keep_little() -> None:
    """Have the C library give large pieces back to the system as soon as they are freed.

    So it begins, and keeps ever larger ones for later once some were freed (mallopt(3),
    ``M_MMAP_THRESHOLD``): how much is then in memory depends on what happened to lie where.
    Setting the sizes with which it begins holds them. It costs time, which is not measured
    here, and holds for the whole process. C libraries other than GNU's have no such call.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, INITIAL_THRESHOLD_BYTES)
        mallopt(M_TRIM_THRESHOLD, INITIAL_THRESHOLD_BYTES)


def give_back() -> None:
    """Collect the garbage, and give the memory that is free back to the system.

    What the C library keeps for later is in the count of this process: an allocation that
    reuses it would not show.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
