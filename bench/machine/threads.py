"""Which CPUs this process may run on, and how many threads compute."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

from kernels.backends import BACKENDS

# Which CPUs this process may run on. Ask before a backend is imported: OpenMP's runtime binds
# the thread that loads it (``OMP_PROC_BIND``).


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
    """Count the CPUs that this thread may run on now."""
    return len(usable_cpus()) or os.cpu_count() or 1


#: The CPUs that this process might run on when this module was imported.
AT_START = usable_cpus()

# How many threads compute: the settings, and the pools.


#: What sets how many threads work and where, how they wait, on how much at a time, and with
#: which code: everything in the environment that a time may depend on.
SETTINGS = (
    "CUDA_DEVICE_MAX_CONNECTIONS",
    "CUDA_LAUNCH_BLOCKING",
    "CUDA_MODULE_LOADING",
    "GLIBC_TUNABLES",
    "GOMP_CPU_AFFINITY",
    "GOMP_SPINCOUNT",
    "KMP_AFFINITY",
    "KMP_BLOCKTIME",
    "LD_PRELOAD",
    "MALLOC_ARENA_MAX",
    "MXNET_CPU_WORKER_NTHREADS",
    "MXNET_ENABLE_CUDA_GRAPHS",
    "MXNET_ENGINE_TYPE",
    "MXNET_OPTIMIZER_AGGREGATION_SIZE",
    "MXNET_USE_FUSION",
    "NUMBA_NUM_THREADS",
    "NUMBA_THREADING_LAYER",
    "OMP_DYNAMIC",
    "NPROC",
    "OMP_NUM_THREADS",
    "OMP_PLACES",
    "OMP_PROC_BIND",
    "OMP_SCHEDULE",
    "OMP_THREAD_LIMIT",
    "OMP_WAIT_POLICY",
    "PJRT_NPROC",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "XLA_FLAGS",
)
SETTING_FAMILIES = (
    *("MKL_", "MXNET_EXEC_BULK_EXEC_", "MXNET_GPU_MEM_POOL_", "OPENBLAS_"),
    "XLA_PYTHON_CLIENT_",
)


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Pick the variables that a time may depend on.

    Returns
    -------
    dict of str to str
        Those that are set.
    """
    return {
        name: value
        for name, value in sorted(environment.items())
        if name in SETTINGS or name.startswith(SETTING_FAMILIES)
    }


def most_told(environment: Mapping[str, str]) -> int:
    """Return the most threads that an environment tells any library to make; 1 without any."""
    told = (
        value.partition(",")[0]
        for name, value in settings(environment).items()
        if name.endswith("THREADS")
    )
    return max((int(one) for one in told if one.isdigit()), default=1)


def pools() -> dict[str, int]:
    """Count the threads of each pool that NumPy and the imported backends use.

    A library that came with another package is left out: it is in the process only
    because something else imported it. Ask after the backends have been imported.

    Returns
    -------
    dict of str to int
        To ``library/kind``, after ``package:`` where a package brought the library, the
        number of its threads.
    """
    counted: dict[str, int] = {}
    for name, pool in _measured_pools():
        counted[name] = max(pool["num_threads"], counted.get(name, 0))
    return dict(sorted(counted.items()))


def libraries() -> dict[str, list[str]]:
    """Name the build of each library that has a pool: what it was compiled for is its speed.

    Ask after the backends have been imported.

    Returns
    -------
    dict of str to list of str
        To a pool's name as in ``pools``, the version, the architecture whose code it has
        chosen and how it makes its threads, of each copy; nothing for a library that says
        none of it.
    """
    built: dict[str, set[str]] = {}
    for name, pool in _measured_pools():
        facts = (pool.get(key) for key in ("version", "architecture", "threading_layer"))
        if build := " ".join(fact for fact in facts if fact):
            built.setdefault(name, set()).add(build)
    return {name: sorted(builds) for name, builds in sorted(built.items())}


def _measured_pools() -> Iterator[tuple[str, dict[str, Any]]]:
    """Find the pools of what may be measured, each with its name."""
    for pool in threadpool_info():
        package = package_of(pool["filepath"])
        if package in ("", "numpy", *BACKENDS):
            library = f"{pool['prefix']}/{pool['internal_api']}"
            yield (f"{package}:{library}" if package else library), pool


def package_of(library: str) -> str:
    """Return the installed package that a library's file came with.

    Parameters
    ----------
    library : str
        Path of a shared library.

    Returns
    -------
    str
        Empty for a library of the system.
    """
    parts = Path(library).parts
    if "site-packages" not in parts:
        return ""
    return parts[parts.index("site-packages") + 1].removesuffix(".libs")
