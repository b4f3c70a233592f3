"""Steps and drifts of a series of numbers, told with the runs and days of a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.verdicts.long_term import Change, Drift

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from bench.analyze.tracking.change_points import Step
    from bench.analyze.tracking.drift import Slope
    from bench.analyze.tracking.spread import Floats

DAYS_OF_A_MONTH = 30
DAY_NS = 86_400e9


def days_of(runs: pd.DataFrame) -> Floats:
    """Say how many days after the first each run was taken.

    Parameters
    ----------
    runs : DataFrame
        In order; ``taken``.

    Returns
    -------
    ndarray, shape (n_runs,)
    """
    taken = runs["taken"].to_numpy(dtype="datetime64[ns]").astype(np.int64)
    days: Floats = (taken - taken[0]) / DAY_NS
    return days


def change_of(
    name: str, runs: pd.DataFrame, rows: NDArray[np.intp], step: Step, told: tuple[str, ...]
) -> Change:
    """Tell a step.

    Parameters
    ----------
    name : str
    runs : DataFrame
        Of the whole history: ``taken`` and ``run``.
    rows : ndarray of int
        Which of them the series has.
    step : Step
        Its place is one among these.
    told : tuple of str
        What else changed.

    Returns
    -------
    Change
    """
    before, after = (int(rows[place]) for place in (step.place - 1, step.place))
    return Change(
        name=name,
        last_before=runs["taken"].iloc[before].to_pydatetime(),
        first_after=runs["taken"].iloc[after].to_pydatetime(),
        run=str(runs["run"].iloc[after]),
        ratio=float(np.exp(step.size)),
        low=float(np.exp(step.low)),
        high=float(np.exp(step.high)),
        what_changed=told,
    )


def drift_of(name: str, runs: pd.DataFrame, rows: NDArray[np.intp], slope: Slope) -> Drift:
    """Tell a slow change.

    Parameters
    ----------
    name : str
    runs : DataFrame
        Of the whole history: ``taken``.
    rows : ndarray of int
        Which of them the series has.
    slope : Slope

    Returns
    -------
    Drift
    """
    month = [
        float(np.exp(DAYS_OF_A_MONTH * one)) for one in (slope.a_day, slope.low, slope.high)
    ]
    return Drift(
        name=name,
        since=runs["taken"].iloc[int(rows[0])].to_pydatetime(),
        n_runs=len(rows),
        ratio_a_month=month[0],
        low=month[1],
        high=month[2],
        ratio=float(np.exp(slope.total)),
    )
