"""How many threads compute: the settings that say so, and the pools that there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_info

from kernels.backends import BACKENDS

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS = (
    "MKL_NUM_THREADS",
    "MXNET_CPU_WORKER_NTHREADS",
    "MXNET_ENGINE_TYPE",
    "MXNET_OPTIMIZER_AGGREGATION_SIZE",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)
SETTING_FAMILIES = ("MXNET_EXEC_BULK_EXEC_",)


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Pick the variables that set how many threads work, and on how much at a time.

    Parameters
    ----------
    environment : mapping of str to str

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
    for pool in threadpool_info():
        package = package_of(pool["filepath"])
        if package not in ("", "numpy", *BACKENDS):
            continue
        library = f"{pool['prefix']}/{pool['internal_api']}"
        name = f"{package}:{library}" if package else library
        counted[name] = max(pool["num_threads"], counted.get(name, 0))
    return dict(sorted(counted.items()))


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
