"""When a training has reached the target: when its loss is there, and stays on average.

The loss of a training with small batches goes up and down. The first time that it touches
the target is luck, and comes the sooner the more often one looks. So the target counts as
reached at the first step s after which the loss is at or below it, and on average over as
many steps again, ``s + 1 … 2 s``, still is. How often one looks then changes nothing.

It is asked of the loss averaged over the seeds, the expected loss, which is what theory
speaks of (McCandlish et al. 2018, arXiv:1812.06162, section 2), and of each seed's own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float64 = NDArray[np.float64]

#: So many times the steps must be looked at to say that the target is reached.
LOOK_AHEAD = 2


def reached_at(
    steps: NDArray[np.int64], losses: Float64, sums: Float64, target: float
) -> Float64:
    """Return after how many steps trainings reach a target.

    Parameters
    ----------
    steps : ndarray, shape (K,), int64
        Ascending, from 0.
    losses : ndarray, shape (K, ...)
        Excess over the optimum's loss after each of them.
    sums : ndarray, shape (K, ...)
        Of the losses after steps 1, 2, … up to each of them.
    target : float
        Excess that is near enough.

    Returns
    -------
    ndarray, shape (...)
        Steps, between two of them where the loss, falling exponentially from one to the
        other, crosses the target; NaN where it is not reached, or not known to stay.
    """
    flat = losses.reshape(len(steps), -1)
    total = sums.reshape(len(steps), -1)
    known = LOOK_AHEAD * steps <= steps[-1]
    later = _at(steps, total, LOOK_AHEAD * steps[known])
    count = np.maximum(steps[known], 1)[:, np.newaxis]
    with np.errstate(invalid="ignore"):  # infinite minus infinite: it diverged
        after = (later - total[known]) / count
    there = (flat[known] <= target) & (after <= target)
    found = np.full(flat.shape[1], np.nan)
    for column in np.flatnonzero(there.any(axis=0)):
        first = int(there[:, column].argmax())
        found[column] = _crossing(steps, flat[:, column], first, target)
    return found.reshape(losses.shape[1:])


def _at(steps: NDArray[np.int64], total: Float64, wanted: NDArray[np.int64]) -> Float64:
    """Interpolate the sums at steps between those noted."""
    right = np.searchsorted(steps, wanted)
    left = np.maximum(right - 1, 0)
    width = np.maximum(steps[right] - steps[left], 1)
    share = ((wanted - steps[left]) / width)[:, np.newaxis]
    with np.errstate(invalid="ignore"):
        between: Float64 = total[left] + share * (total[right] - total[left])
    return np.where(share == 1.0, total[right], between)


def _crossing(steps: NDArray[np.int64], losses: Float64, first: int, target: float) -> float:
    """Return where the loss crosses the target on the way to a step."""
    if first == 0:
        return 0.0
    before, there = losses[first - 1], losses[first]
    if not before > target or there <= 0.0 or not math.isfinite(before):
        return float(steps[first])
    share = math.log(before / target) / math.log(before / there)
    return float(steps[first - 1] + share * (steps[first] - steps[first - 1]))
