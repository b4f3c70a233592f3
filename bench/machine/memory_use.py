"""How much memory this process takes, of the host and of a GPU."""

from __future__ import annotations

import ctypes
import gc
import os
import re
import resource
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pynvml

from bench.machine import processor
from bench.machine.gpu import Gpu, uuid_of

# Memory of the host. Linux counts the pages that a process has in memory and remembers the
# largest count; writing ``5`` to ``clear_refs`` resets it (proc_pid_clear_refs(5)).


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
        release = re.match(r"(\d+)\.(\d+)", processor.text(self._release))
        if release and (int(release[1]), int(release[2])) < COUNTED_BY_CPU:
            pages = THREAD_PAGES * int(status.get("Threads", 1))
        else:
            allowed = processor.n_listed(status.get("Cpus_allowed_list", ""))
            online = processor.n_listed(processor.text(self._online))
            batch = max(CPU_PAGES, CPU_PAGES_PER_CPU * (online or os.cpu_count() or 1))
            pages = batch * (allowed or os.cpu_count() or 1)
        return max(page * pages, self._huge_page_bytes())

    def _huge_page_bytes(self) -> int:
        """Return the size of a huge page where any memory may get one; zero elsewhere."""
        size = processor.text(self._huge_pages / "hpage_pmd_size")
        unasked = "[always]" in processor.text(self._huge_pages / "enabled")
        return int(size) if unasked and size.isdecimal() else 0

    def _status(self) -> dict[str, str]:
        """Read what the kernel says of this process, by name."""
        lines = processor.text(self._self / "status").splitlines()
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


# Memory of a GPU: more than a library's allocator has given out, for there are also the CUDA
# context, the code of kernels, workspaces and pools.


@dataclass(frozen=True)
class Footprint:
    """Memory of a GPU.

    Attributes
    ----------
    n_bytes : int or None
        None where it can't be told.
    of : {'process', 'device'} or None
        What it is of: this process, as the driver counts it; or the device, whose used memory
        has grown by so much, by what other processes did too.
    """

    n_bytes: int | None = None
    of: str | None = None


class DeviceMemory:
    """Watches the memory of one GPU from now on.

    Make it before a library creates its context on the GPU.

    Parameters
    ----------
    uuid : str or None
        ``GPU-…``; None where there is no GPU to watch.
    nvml : module
        ``pynvml``, or what stands in for it.
    pid : int, optional
        Of the process; this one by default.
    """

    def __init__(self, uuid: str | None, nvml: Any = pynvml, pid: int | None = None) -> None:
        self._uuid, self._nvml = uuid, nvml
        self._pid = os.getpid() if pid is None else pid
        self._before = self._used()

    @classmethod
    def of(cls, device: str) -> DeviceMemory:
        """Watch a device.

        Parameters
        ----------
        device : str
            ``cpu(0)``, ``gpu(0)``, …; on a CPU there is nothing to watch.
        """
        return cls(uuid_of(device))

    def footprint(self) -> Footprint:
        """Say how much there is now.

        Returns
        -------
        Footprint
            In a container the driver may number processes as the host does, or tell the
            memory of none, or 0 of each: then it is the growth of the device's. Of a device
            that has not grown nothing is known.
        """
        own = self._own()
        if own is not None:
            return Footprint(own, "process")
        now = self._used()
        if now is None or self._before is None or now <= self._before:
            return Footprint()
        return Footprint(now - self._before, "device")

    def _asked(self, question: str) -> Any:
        """Ask NVML about the GPU; None where it can't be asked, or does not say."""
        return None if self._uuid is None else Gpu(self._uuid, self._nvml).ask(question)

    def _used(self) -> int | None:
        memory = self._asked("nvmlDeviceGetMemoryInfo")
        return None if memory is None else int(memory.used)

    def _own(self) -> int | None:
        processes = self._asked("nvmlDeviceGetComputeRunningProcesses") or ()
        told = [one.usedGpuMemory for one in processes if one.pid == self._pid]
        return None if None in told else sum(map(int, told)) or None
