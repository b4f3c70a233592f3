"""A whole epoch of mini-batch SGD as one compiled function: which one, and compiling it.

Sums may be reassociated (the gate's tolerance holds for any order); nothing else of
IEEE 754 is given up. Indices are unsigned, so that none is checked for being negative.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from kernels.backends.numba import looped, unrolled

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    #: Of features (flat), labels, order, rates, batch size, w, b, velocities of w and b,
    #: mu, and two scratch arrays of ``scratch``.
    Epoch: TypeAlias = Callable[..., None]
    Scratch: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]

MOST_UNROLLED = 8
#: From this batch size on gathering the rows first was measured to be faster.
LEAST_GATHERED = 8
SUMS = {"reassoc", "contract", "nsz", "arcp"}


def scratch(n_features: int) -> Scratch:
    """Return the scratch arrays that an epoch needs.

    Parameters
    ----------
    n_features : int

    Returns
    -------
    tuple of ndarray
    """
    if n_features > MOST_UNROLLED:
        return np.zeros(n_features, dtype=np.float32), np.zeros(1, dtype=np.float32)
    rows = np.zeros(unrolled.BLOCK_ROWS * n_features, dtype=np.float32)
    return rows, np.zeros(unrolled.BLOCK_ROWS, dtype=np.float32)


def epoch_for(n_features: int, batch_size: int, *, shuffled: bool, momentum: bool) -> Epoch:
    """Return the epoch for a shape; it is compiled when it is first called.

    Parameters
    ----------
    n_features, batch_size : int
    shuffled, momentum : bool

    Returns
    -------
    callable
    """
    if n_features > MOST_UNROLLED:
        return _compiled(0, shuffled=shuffled, momentum=momentum, gathered=False)
    gathered = shuffled and batch_size >= LEAST_GATHERED
    return _compiled(n_features, shuffled=shuffled, momentum=momentum, gathered=gathered)


@cache
def _compiled(n_features: int, *, shuffled: bool, momentum: bool, gathered: bool) -> Epoch:
    """Hand a function to Numba; no features stand for any number of them."""
    from numba import njit

    if n_features:
        written = unrolled.function(
            n_features, shuffled=shuffled, momentum=momentum, gathered=gathered
        )
    else:
        written = looped.function(shuffled=shuffled, momentum=momentum)
    epoch: Epoch = njit(fastmath=SUMS, error_model="numpy")(written)
    return epoch
