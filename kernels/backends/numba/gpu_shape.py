"""How many threads an epoch in one block has, and how much shared memory it needs."""

from __future__ import annotations

from dataclasses import dataclass

#: Threads of a block at most: an epoch takes some 70 registers of 65536 for each.
WARP, MOST_THREADS = 32, 512
#: Shared memory that every block may have without asking for more.
SHARED_BYTES = 48 * 1024
#: Terms of a sum that make a further thread worth the addition of what it has.
WORTH_A_THREAD = 4
UPDATE_THREADS = 256


def _next_power(n: int) -> int:
    return 1 << (n - 1).bit_length()


@dataclass(frozen=True)
class EpochShape:
    """The one block of an epoch.

    Attributes
    ----------
    threads : int
        A power of two, at least a warp.
    lanes : int
        Threads that share a row.
    parts : int
        Threads that share a column of the gradient; 1 where there are not enough for all
        columns at once.
    n_shared : int
        Floats of shared memory.
    in_shared : bool
        Whether parameters and gradient are in it; what is left otherwise is scratch.
    """

    threads: int
    lanes: int
    parts: int
    n_shared: int
    in_shared: bool


def epoch_shape(m: int, d: int, *, momentum: bool) -> EpochShape:
    """Return the block of an epoch.

    Parameters
    ----------
    m : int
        Samples in a batch, at most those of an epoch.
    d : int
        Features, the bias not counted.
    momentum : bool

    Returns
    -------
    EpochShape
    """
    rows, columns = _next_power(m), _next_power(d + 1)
    # A row is shared by a warp at most, but where there are threads to spare.
    lanes = min(_next_power(-(-d // WORTH_A_THREAD)), max(WARP, MOST_THREADS // rows))
    parts = max(1, rows // WORTH_A_THREAD)
    threads = min(MOST_THREADS, max(WARP, rows * lanes, columns * parts))
    parts = max(1, min(parts, threads // columns))
    n_scratch = threads
    n_shared = n_scratch + max(threads, d + 1) + (2 if momentum else 1) * (d + 1)
    in_shared = 4 * n_shared <= SHARED_BYTES
    return EpochShape(threads, lanes, parts, n_shared if in_shared else n_scratch, in_shared)


def blocks(n: int) -> int:
    """Return the blocks that give each of n elements a thread."""
    return max(1, -(-n // UPDATE_THREADS))
