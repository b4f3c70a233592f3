"""What a run says of a case: one time, made of what its processes say.

Of each process it is the fifth percentile of its rounds, and of four processes and more the
geometric mean of the fastest third. What disturbs a round or a process only ever makes it
longer; and some processes are slow from their beginning to their end: with ``nd.sgd_update``
on two cores one in seven took at least 15% longer, in a run now and then half of them. A median
is moved by how many of these a run happens to have; what makes all of them slower moves the
fastest third as much. That more of them are slow than before it does not show.
"""

from __future__ import annotations

import math
from statistics import fmean, median
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from bench.analyze.tracking.spread import Floats

#: So many processes have a fastest third; of fewer it is their median.
FEWEST = 4


def log_time(processes: Sequence[float]) -> float:
    """Put together what processes say.

    Parameters
    ----------
    processes : sequence of float
        Seconds of each; at least one, all above zero.

    Returns
    -------
    float
        A logarithm.
    """
    return together(list(map(math.log, processes)))


def together(logs: Sequence[float]) -> float:
    """Put together what processes say, as `log_time`, of logarithms."""
    ordered = sorted(logs)
    if len(ordered) < FEWEST:
        return median(ordered)
    return fmean(ordered[: math.ceil(len(ordered) / 3)])


def log_times(table: pd.DataFrame, keys: Iterable[str]) -> Floats:
    """Say what each run says of each case.

    Parameters
    ----------
    table : DataFrame
        A row for each case and run: ``key``, ``seconds``, ``process_seconds`` and
        ``process_fifth_percentiles``, of which any may be missing.
    keys : iterable of str
        Of cases that are told by medians, since some of their runs hold nothing else.

    Returns
    -------
    ndarray, shape (n_rows,)
        Logarithms; NaN for a time that is missing or not above zero.
    """
    plain = set(keys)
    columns = ("key", "seconds", "process_seconds", "process_fifth_percentiles")
    made = np.full(len(table), np.nan)
    rows = zip(*(table[name] for name in columns), strict=True)
    for n, (key, seconds, medians, fast) in enumerate(rows):
        told = medians if key in plain else fast
        times = [float(one) for one in told] if _has_several(told) else [seconds]
        if all(one > 0 for one in times):  # not a missing one
            made[n] = log_time(times)
    return made


def by_medians(table: pd.DataFrame) -> set[str]:
    """List the cases of which some run tells no more than medians.

    Parameters
    ----------
    table : DataFrame
        As `log_times` takes.

    Returns
    -------
    set of str
        Their keys: fast rounds of some runs and medians of others can't be compared.
    """
    told = np.fromiter(map(_has_several, table["process_fifth_percentiles"]), bool, len(table))
    return set(table["key"][~told])


def _has_several(value: object) -> bool:
    return isinstance(value, (list, tuple, np.ndarray)) and len(value) > 1
