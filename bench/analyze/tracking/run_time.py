"""What a run says of a case: one time, made of what its processes say.

Of each process it is the fifth percentile of its rounds, and of four processes and more the
geometric mean of the fastest third, or half where they were steadied. What disturbs a round or
a process only ever makes it longer; and some processes are slow from their beginning to their
end: with ``nd.sgd_update`` on two cores one in seven took at least 15% longer, in a run now
and then half of them. A median is moved by how many of these a run happens to have; what makes
all of them slower moves the fastest as much. That more of them are slow than before it does
not show.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from bench.analyze.tracking.spread import Floats

#: So many processes have a fastest third; of fewer it is their median.
FEWEST = 4
#: One in so many processes counts, the fastest; of those that were steadied by a yardstick
#: (``bench.analyze.tracking.steadying``) more do: less of what moves them is left.
ONE_IN, ONE_IN_STEADIED = 3, 2


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
    return float(together(log_matrix([processes]))[0])


def log_matrix(rows: Sequence[Sequence[float]]) -> Floats:
    """Take the logarithms of what the processes of many measurements say.

    Parameters
    ----------
    rows : sequence of sequence of float
        Seconds.

    Returns
    -------
    ndarray, shape (n_rows, n_processes)
        NaN beyond the processes that there are, and throughout for a row with a time that is
        missing or not above zero.
    """
    n = np.fromiter(map(len, rows), int, len(rows))
    there = np.arange(n.max(initial=0)) < n[:, None]
    logs = np.full(there.shape, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        logs[there] = np.log(np.fromiter(chain.from_iterable(rows), float, int(n.sum())))
    logs[np.any(there & ~np.isfinite(logs), axis=1)] = np.nan
    return logs


def together(logs: Floats, one_in: int = ONE_IN) -> Floats:
    """Put together what processes say, as `log_time`, of many measurements.

    Parameters
    ----------
    logs : ndarray, shape (n_rows, n_processes)
        From `log_matrix`.
    one_in : int
        The fastest of so many count.

    Returns
    -------
    ndarray, shape (n_rows,)
        NaN without any.
    """
    ordered = np.sort(logs, axis=1)  # NaN comes last
    n = np.sum(np.isfinite(ordered), axis=1)
    fastest = -(-n // one_in)
    inside = np.arange(ordered.shape[1]) < fastest[:, None]
    with np.errstate(invalid="ignore"):  # without any, 0 / 0
        made: Floats = np.sum(np.where(inside, ordered, 0.0), axis=1) / fastest
    for few in range(1, FEWEST):
        rows = n == few
        made[rows] = np.median(ordered[rows, :few], axis=1)
    return made


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
    rows = zip(*(table[name] for name in columns), strict=True)
    told = [
        _several(medians if key in plain else fast) or [seconds]
        for key, seconds, medians, fast in rows
    ]
    return together(log_matrix(told))


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
    lacking = [not _several(one) for one in table["process_fifth_percentiles"]]
    return set(table["key"][lacking])


def _several(value: object) -> list[float]:
    """Return what several processes say; nothing of one, or where it is missing."""
    told = list(value) if isinstance(value, (list, tuple, np.ndarray)) else []
    return told if len(told) > 1 else []
