"""How many threads a launch of ``sgd.cu`` has, and how much memory it needs."""

from __future__ import annotations

from dataclasses import dataclass

WARP = 32
MOST_THREADS = 1024
#: Shared memory that every block may have without asking for more.
SHARED_BYTES = 48 * 1024
#: As in ``sgd.cu``: features that a lane holds, and up to which a row is kept in registers.
HELD = 4
NARROW = HELD * WARP
#: Values of a batch, m d, up to which one block does it alone. Two waits for the grid and
#: the additions between them take some microseconds, in which one multiprocessor reads
#: about this much; an estimate from the two, not a measurement.
ALONE = 2**16
#: Values that make a further block worth its part in the additions.
WORTH_A_BLOCK = 2**14
UPDATE_THREADS = 256
#: Blocks of an update for each multiprocessor: as many as it holds threads for.
UPDATE_BLOCKS = 8


@dataclass(frozen=True)
class Launch:
    """One launch.

    Attributes
    ----------
    grid, block : int
        Blocks, and threads in each.
    shared_bytes : int
        Dynamic shared memory of a block.
    in_shared : bool
        Whether the parameters are in shared memory while the kernel runs.
    n_workspace : int
        Floats of the ``workspace`` that it needs in memory.
    """

    grid: int
    block: int
    shared_bytes: int = 0
    in_shared: bool = False
    n_workspace: int = 1


def _up_to_warps(n_threads: int) -> int:
    """Return the threads of a block that has at least so many, if a block can."""
    return min(MOST_THREADS, -(-n_threads // WARP) * WARP)


def _lanes(d: int) -> int:
    """Return how many lanes share a row of at most ``NARROW`` features."""
    return 1 << (-(-d // HELD) - 1).bit_length()


def _threads(m: int, d: int) -> int:
    """Return how many threads m rows give something to do."""
    return m * _lanes(d) if d <= NARROW else max(m * WARP, d + 1)


def shaped(d: int, grid: int, block: int) -> Launch:
    """Return an epoch's launch whose shape is given.

    Parameters
    ----------
    d : int
        Features, the bias not counted.
    grid : int
        Blocks; all of them must fit on the GPU at once.
    block : int
        Threads, a multiple of 32.

    Returns
    -------
    Launch
    """
    n_columns = d + 1
    narrow = d <= NARROW
    # As run_epoch in sgd.cu lays it out: scratch, parts of the warps, and then, for one
    # block, parameters and gradient, and for few features the velocity too.
    n_shared = block + (block // WARP * n_columns if narrow else 0)
    n_parameters = (3 if narrow else 2) * n_columns
    in_shared = grid == 1 and 4 * (n_shared + n_parameters) <= SHARED_BYTES
    return Launch(
        grid=grid,
        block=block,
        shared_bytes=4 * (n_shared + (n_parameters if in_shared else 0)),
        in_shared=in_shared,
        n_workspace=1 if in_shared else (1 + grid) * n_columns,
    )


def epoch_launch(m: int, d: int, n_multiprocessors: int) -> Launch:
    """Return how to launch an epoch.

    One block where a batch is small: its steps then wait for nobody. More where one would
    leave the GPU idle, but never more than a block for each multiprocessor: the grid's
    barrier needs all of them to be there at once, and a block of at most 1024 threads,
    48 KiB and 64 registers a thread fits on each.

    Parameters
    ----------
    m : int
        Samples in a batch, at most those of an epoch.
    d : int
        Features, the bias not counted.
    n_multiprocessors : int
        Of the GPU.

    Returns
    -------
    Launch
    """
    grid = 1
    if m * d > ALONE:
        grid = min(n_multiprocessors, -(-m * d // WORTH_A_BLOCK), m)
    return shaped(d, grid, _up_to_warps(_threads(-(-m // grid), d)))


def update_launch(n: int, n_multiprocessors: int) -> Launch:
    """Return how to launch an update.

    Parameters
    ----------
    n : int
        Elements.
    n_multiprocessors : int

    Returns
    -------
    Launch
    """
    wanted = -(-n // (4 * UPDATE_THREADS))
    return Launch(min(wanted, UPDATE_BLOCKS * n_multiprocessors), UPDATE_THREADS)
