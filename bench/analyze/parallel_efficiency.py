"""What a second core changes: speedup, parallel efficiency, serial fraction.

With t(p) the time on p threads,

    S(p) = t(1) / t(p)                  speedup
    E(p) = S(p) / p                     parallel efficiency
    e(p) = (1/S - 1/p) / (1 - 1/p)      serial fraction

The last is measured, not assumed (Karp & Flatt 1990, *Measuring parallel processor
performance*, Commun. ACM 33:539): it is 0 where p threads are p times as fast, 1 where they
change nothing, and above 1 where they harm. Where it grows with p, the price of the threads
grows, and not only Amdahl's serial part (Amdahl 1967, AFIPS 30:483) is to blame.

The runs are independent of one another, so the lowest S goes with the low end of t(1) and
the high end of t(p). Where each interval holds with probability c, both together do with at
least 2 c - 1 (Bonferroni), and so does that of S; those of E and e follow from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.analyze import intervals, tidy
from bench.analyze.roofline import DECLARING
from bench.analyze.thread_counts import NotComparableError

if TYPE_CHECKING:
    from collections.abc import Mapping


def speedup(one: pd.Series | float, many: pd.Series | float) -> pd.Series | float:
    """Return S(p) of the seconds on one thread and on p."""
    return one / many


def efficiency(speedup: pd.Series | float, threads: int) -> pd.Series | float:
    """Return E(p) of S(p)."""
    return speedup / threads


def serial_fraction(speedup: pd.Series | float, threads: int) -> pd.Series | float:
    """Return e(p) of S(p), for at least two threads."""
    return (1.0 / speedup - 1.0 / threads) / (1.0 - 1.0 / threads)


def timings(run: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table of a run's cases on the processor, with the interval of each.

    Parameters
    ----------
    run : mapping
        The run file.

    Returns
    -------
    DataFrame
        The epochs, steps and updates of ``bench.analyze.tidy.frame`` with ``low`` and
        ``high``, NaN where there is no interval; ``interval_of``: ``processes`` for the
        interval between processes, ``rounds`` for that of one process's rounds, which is
        too tight (``bench.analyze.median``); ``confidence``, with which it holds.
    """
    with_intervals = intervals.frame(run)
    cases = pd.concat([tidy.of_case(with_intervals, case) for case in DECLARING])
    on_cpu = [str(device).startswith("cpu") for device in cases["device"]]
    chosen: pd.DataFrame = cases.loc[np.array(on_cpu, dtype=bool)]
    return chosen


def efficiencies(runs: Mapping[int, Mapping[str, Any]]) -> pd.DataFrame:
    """Compare every case on more threads with the same case on one.

    Parameters
    ----------
    runs : mapping of int to mapping
        From ``bench.analyze.thread_counts.by_threads``.

    Returns
    -------
    DataFrame
        A row for each case and number of threads above 1: the case's own columns,
        ``threads``, ``speedup``, ``efficiency`` and ``serial_fraction``, each with
        ``…_low`` and ``…_high``, and the ``confidence`` of these.

    Raises
    ------
    NotComparableError
        When no case is in the run on one thread and in another.
    """
    tables = {threads: timings(run).set_index("name") for threads, run in runs.items()}
    one = tables.pop(1)
    found = [_against(one, many, threads) for threads, many in tables.items()]
    together = pd.concat(found)
    if together.empty:
        raise NotComparableError(
            "no epoch, step or update on the CPU was measured with one thread and with more; "
            "measure the same cases with each --threads."
        )
    with_names: pd.DataFrame = together.reset_index()
    return with_names


def _against(one: pd.DataFrame, many: pd.DataFrame, threads: int) -> pd.DataFrame:
    """Compare the cases that two runs share."""
    shared = one.index.intersection(many.index)
    serial, parallel = one.loc[shared], many.loc[shared]
    speedups = {
        "": speedup(serial["seconds"], parallel["seconds"]),
        "_low": speedup(serial["low"], parallel["high"]),
        "_high": speedup(serial["high"], parallel["low"]),
    }
    opposite = {"": "", "_low": "_high", "_high": "_low"}
    bounded: pd.DataFrame = parallel.assign(
        threads=threads,
        seconds_one_thread=serial["seconds"],
        confidence=serial["confidence"] + parallel["confidence"] - 1.0,
        **{f"speedup{end}": value for end, value in speedups.items()},
        **{f"efficiency{end}": efficiency(s, threads) for end, s in speedups.items()},
        **{
            f"serial_fraction{end}": serial_fraction(speedups[opposite[end]], threads)
            for end in speedups
        },
    )
    return bounded
