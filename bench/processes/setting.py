"""From ``--threads`` and ``--pin`` to the setting of every measuring process."""

from __future__ import annotations

import re

from bench.measure import affinity
from bench.processes.task import Setting
from bench.selection.parsing import SelectionError, split, whole_number

#: What each pool reads when its library is imported: OpenMP (MXNet, PyTorch), the BLAS
#: libraries, Numba, MXNet's own workers, and XLA's (JAX).
POOLS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "MXNET_CPU_WORKER_NTHREADS",
    "PJRT_NPROC",
)
MOST_THREADS = 4096


def setting_of(threads: str | None, pin: str | None) -> Setting:
    """Read the options.

    Parameters
    ----------
    threads : str or None
        Of every pool.
    pin : str or None
        CPUs: ``0``, ``0,2``, ``0-3``.

    Returns
    -------
    Setting
        Empty where neither is given: the processes are as a user has them.

    Raises
    ------
    SelectionError
    """
    environment = {}
    if threads is not None:
        number = str(whole_number("--threads", threads, MOST_THREADS))
        environment = dict.fromkeys(POOLS, number)
    return Setting(environment, () if pin is None else _cpus(pin))


def _cpus(text: str) -> tuple[int, ...]:
    """Read a list of CPUs, each of which this process may run on."""
    allowed = affinity.AT_START
    chosen: set[int] = set()
    for part in split("--pin", text):
        match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        cpus = {cpu for cpu in allowed if first <= cpu <= last}
        if len(cpus) != last - first + 1 or not cpus:
            raise SelectionError(
                f"--pin: {part!r} is not allowed; give CPUs, or ranges such as 0-3, out of "
                f"{', '.join(map(str, allowed))}."
            )
        chosen |= cpus
    return tuple(sorted(chosen))
