"""The weighted median of the values that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bench.analyze.tracking.spread import Floats


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """Return the weighted median of each row, between the two values where it lies.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_values)
        NaN where there is none; each row has at least one.
    weights : ndarray, shape (n_values,)
        Where none is above zero, all count alike.

    Returns
    -------
    ndarray, shape (n_rows,)
    """
    order = np.argsort(values, axis=1)  # NaN comes last
    ordered = np.take_along_axis(values, order, axis=1)
    weight = np.where(np.isfinite(ordered), weights[order], 0.0)
    if not weight.any():
        return np.nanmedian(values, axis=1)
    share = np.cumsum(weight, axis=1) - weight / 2
    share /= np.sum(weight, axis=1, keepdims=True)
    share[~np.isfinite(ordered)] = np.inf
    after = np.argmax(share >= 0.5, axis=1)
    before = np.maximum(after - 1, 0)
    rows = np.arange(len(values))
    low, high = share[rows, before], share[rows, after]
    part = np.where(high > low, (0.5 - low) / np.where(high > low, high - low, 1.0), 1.0)
    part = np.where(np.isfinite(part), np.clip(part, 0.0, 1.0), 0.0)
    median: Floats = (1 - part) * ordered[rows, before] + part * np.nan_to_num(
        ordered[rows, after]
    )
    return median
