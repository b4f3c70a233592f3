"""The steps to the target of several batch sizes as a tidy table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.convergence.statistics import Statistics


def steps_table(
    statistics: Statistics,
    batch_sizes: Sequence[int],
) -> pd.DataFrame:
    """Count, or read from the cache, what each batch size needs.

    Parameters
    ----------
    statistics : Statistics
    batch_sizes : sequence of int

    Returns
    -------
    DataFrame
        A row for each: ``batch_size``, ``steps`` (NaN for a miss), ``steps_low``,
        ``steps_high``, ``steps_cap``, ``edge``, ``learning_rate``, ``seeds``,
        ``missed_seeds``, ``expected_steps`` (of theory; NaN where it says nothing).
    """
    rows = []
    for size in sorted(set(batch_sizes)):
        one = statistics.at(size)
        reached = sum(steps is not None for steps in one.steps_by_seed)
        rows.append(
            {
                "batch_size": size,
                "steps": _number(one.steps),
                "steps_low": _number(one.steps_low),
                "steps_high": _number(one.steps_high),
                "steps_cap": one.cap,
                "edge": one.edge,
                "learning_rate": one.learning_rate,
                "seeds": one.seeds,
                "missed_seeds": one.seeds - reached,
                "expected_steps": _number(one.expected_steps),
            }
        )
    table: pd.DataFrame = pd.DataFrame(rows)
    return table


def _number(value: float | None) -> float:
    return np.nan if value is None else value
