"""Every case over many runs: where it stands, how much it wanders, and the last step.

The last run is set against the median of the earlier ones. Where their logarithms are
roughly normal with standard deviation s, one more run lies within::

    log(median) +- t s sqrt(1 + pi / (2 n))        t of Student with n - 1 degrees of freedom

with 95%: a prediction interval (Hahn & Meeker 1991, *Statistical Intervals*, section 4.7) with
the variance of a median, ``pi / (2 n)`` of the values' (Cramer 1946, *Mathematical Methods of
Statistics*, section 28.5), where that of a mean would be ``1 / n``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from bench.compare.rule import RULE
from bench.stats.medians import NORMAL_MAD
from bench.store.facts import CASE_COLUMNS, case_keys

COMPUTED = (
    *("n_runs", "first_taken", "last_taken", "first", "last", "median", "spread"),
    *("ratio", "ratio_low", "ratio_high"),
)
POINT_COLUMNS = ("key", "run", "taken", "seconds", "low", "high")


def points(cases: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Order every case by time.

    Parameters
    ----------
    cases, runs : DataFrame
        The tables of ``bench.store``.

    Returns
    -------
    DataFrame
        A row for each case and run that tells when it was taken: the columns of the case
        that there are, ``key``, ``run``, ``taken``, ``seconds``, ``low``, ``high``; by key,
        then time. A case that stands twice in a run is left out of that run.
    """
    taken = runs.set_index("run")["taken"]
    ends = [("between_low", "seconds_low"), ("between_high", "seconds_high")]
    told = cases.reindex(columns=[name for pair in ends for name in pair])
    low, high = (told[one].where(told[one].notna(), told[other]) for one, other in ends)
    table = cases.assign(
        key=case_keys(cases), taken=taken.reindex(cases["run"]).array, low=low, high=high
    )
    table = table[table["taken"].notna() & (table["seconds"] > 0)]
    table = table[~table.duplicated(["key", "run"], keep=False)]
    kept = [name for name in CASE_COLUMNS if name in table]
    result: pd.DataFrame = table[[*kept, *POINT_COLUMNS]].sort_values(
        ["key", "taken", "run"], kind="stable", ignore_index=True
    )
    return result


def over_time(
    cases: pd.DataFrame, runs: pd.DataFrame, ordered: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Say of every case how it went.

    Parameters
    ----------
    cases, runs : DataFrame
        The tables of ``bench.store``; of one machine, or the spread is that of machines.
    ordered : DataFrame or None
        What `points` makes of them, where that is there already.

    Returns
    -------
    DataFrame
        A row for each case: its columns, ``key``; ``n_runs``; ``first_taken``,
        ``last_taken``; seconds of the ``first``, the ``last`` and the ``median`` run;
        ``spread``: the standard deviation of runs, relative, by the median absolute
        deviation of the logarithms (NaN for one run); ``ratio``: of the last to the median
        of the earlier (NaN for one run), with ``ratio_low`` and ``ratio_high``: the
        prediction interval above, turned around, so that it excludes 1 where the last run
        is none that the earlier ones would predict at 95%; NaN below four earlier runs.
    """
    table = points(cases, runs) if ordered is None else ordered
    if table.empty:
        return _empty(table)
    table = table.assign(log=np.log(table["seconds"].astype(float)))
    grouped = table.groupby("key", sort=True)
    number = grouped.cumcount(ascending=False)
    first, last = grouped.head(1).set_index("key"), grouped.tail(1).set_index("key")
    earlier = table[number > 0].groupby("key", sort=True)["log"]
    middle = grouped["log"].transform("median")
    deviation = (table["log"] - middle).abs().groupby(table["key"], sort=True).median()
    n_runs = grouped.size()
    result: pd.DataFrame = last.drop(columns=["run", "taken", "seconds", "low", "high", "log"])
    step = last["log"] - earlier.median().reindex(last.index)
    width = _width(earlier.std().reindex(last.index), n_runs - 1)
    result = result.assign(
        n_runs=n_runs,
        first_taken=first["taken"],
        last_taken=last["taken"],
        first=first["seconds"],
        last=last["seconds"],
        median=grouped["seconds"].median(),
        spread=(NORMAL_MAD * deviation).where(n_runs > 1),
        ratio=np.exp(step),
        ratio_low=np.exp(step - width),
        ratio_high=np.exp(step + width),
    )
    whole: pd.DataFrame = result.reset_index()
    return whole


def _width(deviation: pd.Series, n: pd.Series) -> pd.Series:
    """Return half the width of the interval for one more run after n, of logarithms."""
    t = stdtrit(np.maximum(n.to_numpy(dtype=float) - 1, 1), 0.5 + RULE.confidence / 2)
    width = t * deviation * np.sqrt(1 + np.pi / (2 * np.maximum(n, 1)))
    wide: pd.Series = width.where(n >= RULE.fewest_earlier)
    return wide


def _empty(table: pd.DataFrame) -> pd.DataFrame:
    """Return no rows with all the columns."""
    kept = [name for name in table if name not in POINT_COLUMNS]
    nothing: pd.DataFrame = pd.DataFrame(columns=["key", *kept, *COMPUTED])
    return nothing
