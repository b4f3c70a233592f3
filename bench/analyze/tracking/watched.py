"""What is watched of a history: the same for all of its runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.analyze.tracking.pools import Pool
    from bench.analyze.tracking.spread import Floats


@dataclass(frozen=True)
class Watched:
    """What is the same for all runs of a history.

    Attributes
    ----------
    pools : tuple of Pool
    controls : ndarray of bool, shape (n_series,)
        Series that are judged in their pool alone.
    on_processor : ndarray of bool, shape (n_series,)
        Series that its clock may move.
    leaning : ndarray of bool, shape (n_series, n_pools)
    margins : ndarray, shape (n_series,)
        As logarithms.
    pool_margins : ndarray, shape (n_pools,)
    """

    pools: tuple[Pool, ...]
    controls: NDArray[np.bool_]
    on_processor: NDArray[np.bool_]
    leaning: NDArray[np.bool_]
    margins: Floats
    pool_margins: Floats
