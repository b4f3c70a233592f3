"""Into which tiles and programs a step is cut for Triton."""

from __future__ import annotations

from dataclasses import dataclass

#: Values of X that a program holds at once: registers of 128 threads, 32 each.
TILE = 4096
#: Most programs that share a batch, and parts of the gradient that one program adds up.
MOST_PROGRAMS = 128
#: Tiles up to which one program does a batch alone: reading them takes about as long as
#: the second launch. An estimate, not a measurement.
ALONE_TILES = 4
#: Columns of the parts that one program adds up.
COLUMNS = 16
#: Elements that a program updates.
UPDATE_BLOCK = 1024


def power_of_two(n: int) -> int:
    """Return the smallest power of two that is at least n."""
    return 1 << (n - 1).bit_length()


@dataclass(frozen=True)
class StepShape:
    """How a step is cut.

    Attributes
    ----------
    rows, columns : int
        Of a tile, powers of two.
    programs : int
        1 where the step is one launch.
    """

    rows: int
    columns: int
    programs: int


def step_shape(m: int, d: int) -> StepShape:
    """Cut a step.

    Parameters
    ----------
    m : int
        Samples of the batch.
    d : int
        Features.

    Returns
    -------
    StepShape
    """
    columns = power_of_two(d)
    rows = max(1, min(TILE // columns, power_of_two(m)))
    tiles = -(-m // rows)
    return StepShape(rows, columns, 1 if tiles <= ALONE_TILES else min(tiles, MOST_PROGRAMS))
