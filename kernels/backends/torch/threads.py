"""Gives PyTorch the threads that it would have alone.

MXNet sets the number of OpenMP threads of the thread that imports it, to one on two cores.
PyTorch's operators run on that thread and take their number from it.
"""

from __future__ import annotations

import os

import psutil

from kernels.backends.torch.imports import torch


def threads_alone(settings: dict[str, str], physical: int | None, allowed: int) -> int:
    """Return how many threads PyTorch takes when nothing else is in the process.

    Parameters
    ----------
    settings : dict of str to str
        Environment variables.
    physical : int or None
        Cores of the machine, hyper-threads not counted; None where that is not known.
    allowed : int
        Processors that the process may run on.

    Returns
    -------
    int
        What OMP_NUM_THREADS asks for, else one for each physical core.
    """
    asked = settings.get("OMP_NUM_THREADS", "").split(",")[0]
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    return max(1, min(physical or allowed, allowed))


def alone() -> int:
    """Return that number on this machine."""
    physical, allowed = psutil.cpu_count(logical=False), len(os.sched_getaffinity(0))
    return threads_alone(dict(os.environ), physical, allowed)


def restore() -> None:
    """Set that number; call it where work is prepared, outside the clock.

    Not where a state is reset: asking the system for its cores was measured to make the
    next epoch half as long again.
    """
    n_threads = alone()
    if torch.get_num_threads() != n_threads:
        torch.set_num_threads(n_threads)
