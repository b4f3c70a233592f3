"""Every case beside its baseline: the ratio, the intervals, and where each comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.comparing import ratios
from bench.analyze.comparing.work import baseline_positions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import pandas as pd
    from numpy.typing import NDArray

#: What a list of medians may be, by who read it.
LISTS = (list, tuple, np.ndarray)


def with_ratios(rows: pd.DataFrame) -> pd.DataFrame:
    """Add every ratio, the interval of every time, and where each comes from.

    Parameters
    ----------
    rows : DataFrame
        Cases of all sides with ``key`` and ``side``; every key is on the side 0.

    Returns
    -------
    DataFrame
        With the computed columns of ``Comparison.rows``.
    """
    columns = ("seconds", "seconds_low", "seconds_high", "between_low", "between_high")
    numbers = rows.reindex(columns=list(columns)).to_numpy(dtype=float, na_value=np.nan)
    seconds, low, high, between_low, between_high = numbers.T
    of_processes = np.isfinite(between_low) & np.isfinite(between_high)
    of_rounds = np.isfinite(low) & np.isfinite(high)
    base = baseline_positions(rows)
    value, value_low, value_high, basis = _ratios(rows, seconds, low, high, base)
    result: pd.DataFrame = rows.assign(
        seconds=seconds,
        low=np.where(of_processes, between_low, low),
        high=np.where(of_processes, between_high, high),
        basis=np.select(
            [of_processes, of_rounds], [ratios.PROCESSES, ratios.ROUNDS], ratios.NONE
        ),
        ratio=value,
        ratio_low=value_low,
        ratio_high=value_high,
        ratio_basis=basis,
        untrusted=rows["untrusted"].isin([True]) if "untrusted" in rows else False,
    )
    return result


def _ratios(
    rows: pd.DataFrame,
    seconds: NDArray[Any],
    low: NDArray[Any],
    high: NDArray[Any],
    base: NDArray[Any],
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Compare every row with its baseline's: by processes where both sides have several."""
    times = ratios.Times(seconds, low, high)
    by_rounds = ratios.of_rounds(times, times[base])
    medians = ratios.log_medians(_process_seconds(rows))
    by_processes = ratios.of_processes(medians, medians[base])
    better = np.isfinite(by_processes.low)
    own = rows["side"].to_numpy() == 0
    value, value_low, value_high = (
        np.where(better, one, another)
        for one, another in (
            (by_processes.value, by_rounds.value),
            (by_processes.low, by_rounds.low),
            (by_processes.high, by_rounds.high),
        )
    )
    basis = np.select(
        [own, better, np.isfinite(value_low)],
        [ratios.BASELINE, ratios.PROCESSES, ratios.ROUNDS],
        ratios.NONE,
    )
    nothing = np.where(own, np.nan, 0.0)  # a time has no interval against itself
    return np.where(own, 1.0, value), value_low + nothing, value_high + nothing, basis


def _process_seconds(rows: pd.DataFrame) -> list[Sequence[float]]:
    """Return the processes' medians of every row, none where the row does not tell."""
    if "process_seconds" not in rows:
        return [()] * len(rows)
    return [
        one if isinstance(one, LISTS) else ()  # type: ignore[misc]
        for one in rows["process_seconds"]
    ]
