"""Which rows of a parameter have a gradient, for row-sparse updates.

As in an embedding, whose batch touches a few rows: the tensor of n parameters is a matrix
of ``width(n)`` columns, and a share of its rows, evenly spread, has a gradient.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDEST = 64


def width(n: int) -> int:
    """Return the number of columns of n parameters: the largest divisor up to 64 of both."""
    return math.gcd(n, WIDEST)


def active(n: int, density: float) -> NDArray[np.int64]:
    """Return the rows of n parameters that have a gradient.

    Parameters
    ----------
    n : int
    density : float
        Above 0, at most 1.

    Returns
    -------
    ndarray, shape (rows,), int64
        Ascending; at least one.
    """
    n_rows = n // width(n)
    n_active = max(1, round(density * n_rows))
    return np.unique(np.linspace(0, n_rows - 1, n_active).astype(np.int64))
