"""Which CPUs this process may run on.

OpenMP's runtime binds the thread that loads it (``OMP_PROC_BIND``), so a thread's mask says
later what a library has done, not what the user has set. Ask before a backend is imported.
"""

from __future__ import annotations

import os


def usable_cpus() -> tuple[int, ...]:
    """List the CPUs that this thread may run on now.

    Returns
    -------
    tuple of int
        In ascending order; empty where the system does not tell.
    """
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return ()


def usable_cores() -> int:
    """Count the CPUs that this thread may run on now.

    Returns
    -------
    int
    """
    return len(usable_cpus()) or os.cpu_count() or 1


#: The CPUs that this process might run on when this module was imported.
AT_START = usable_cpus()
