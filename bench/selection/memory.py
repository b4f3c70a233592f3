"""Whether the host has room for a case's arrays."""

from __future__ import annotations

import psutil

from kernels.contract import AVAILABLE, Availability, Status

#: Float32 arrays as long as the parameters that a case holds at once: drawn ones, the
#: kernel's own, temporaries, and what comparing takes.
ARRAYS = 8


def room_for(n_parameters: int, available: int | None = None) -> Availability:
    """Say whether so many parameters fit into the memory that is free.

    Parameters
    ----------
    n_parameters : int
    available : int, optional
        Bytes; asked of the system unless given.

    Returns
    -------
    Availability
    """
    free = psutil.virtual_memory().available if available is None else available
    needed = 4 * ARRAYS * n_parameters
    if needed <= free:
        return AVAILABLE
    return Availability(
        Status.TOO_LARGE,
        f"{n_parameters} parameters take {needed / 2**30:.1f} GiB of host memory, "
        f"{free / 2**30:.1f} GiB are free.",
        "Free memory, or give smaller --update-sizes.",
    )
