"""What part of a step's time does not go with the work in it.

By Hockney's two numbers (Hockney & Jesshope 1988, *Parallel Computers 2*, section 1.3) a
step that moves n bytes takes t(n) = (n + n_half) / r_inf. The part n_half / (n + n_half) is
fixed: dispatch, launches, waiting. Two sizes of the same series give it,

    fixed share of n = 1 - n (t(n') - t(n)) / (n' - n) / t(n),

with n' the next size that has at least twice the work, or else the one before with at most
half. The fit over all sizes says more of a kernel; this says it of a case, and holds also
where the line bends, as it does between one cache and the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.analyze.roofline import column

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Cases that differ in the amount of work alone.
SERIES = ("case", "workload", "kernel", "device", "loader", "n_tensors")
#: Sizes that are nearer than this tell more of the noise than of the work.
WORK_FACTOR = 2.0


def per_series(placed: pd.DataFrame) -> list[pd.DataFrame]:
    """Split cases into the series that differ in the amount of work alone.

    Parameters
    ----------
    placed : DataFrame
        From ``bench.analyze.roofline.place``.

    Returns
    -------
    list of DataFrame
    """
    keys = [key for key in SERIES if key in placed]
    if placed.empty:
        return []
    return [rows for _, rows in placed.groupby(keys, sort=False, dropna=False)]


def fixed_shares(placed: pd.DataFrame) -> pd.Series:
    """Estimate the fixed share of every case.

    Parameters
    ----------
    placed : DataFrame
        From ``bench.analyze.roofline.place``.

    Returns
    -------
    Series of float
        From 0 to 1; NaN where no other size of the series has twice or half the work.
    """
    shares: pd.Series = pd.Series(np.nan, index=placed.index)
    for rows in per_series(placed):
        work = (column(rows, "bytes_moved") / rows["n_steps"]).to_numpy()
        seconds = (column(rows, "seconds") / rows["n_steps"]).to_numpy()
        shares.loc[rows.index] = [
            _fixed_share(work, seconds, number) for number in range(len(rows))
        ]
    return shares


def _fixed_share(work: NDArray[np.float64], seconds: NDArray[np.float64], number: int) -> float:
    """Estimate it for one size of a series."""
    here = work[number]
    larger = np.flatnonzero(work >= WORK_FACTOR * here)
    smaller = np.flatnonzero(work <= here / WORK_FACTOR)
    if larger.size:
        other = larger[np.argmin(work[larger])]
    elif smaller.size:
        other = smaller[np.argmax(work[smaller])]
    else:
        return float("nan")
    slope = (seconds[other] - seconds[number]) / (work[other] - here)
    return float(np.clip(1.0 - here * slope / seconds[number], 0.0, 1.0))
