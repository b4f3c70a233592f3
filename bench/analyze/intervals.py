"""The 95% interval of every median of a run: between processes where there are several.

Rounds of one process are correlated, so the interval from them alone is too tight
(``bench.analyze.median``); with it goes where it comes from, for the reader to be told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.analyze import tidy
from bench.analyze.median import CONFIDENCE, median_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = ("low", "high", "interval_of", "confidence")


def interval(benchmark: Mapping[str, Any]) -> tuple[float, float, str, float]:
    """Return the interval of a case's median.

    Parameters
    ----------
    benchmark : mapping
        Of a run file.

    Returns
    -------
    low, high : float
        In seconds; NaN where there are too few rounds, or none were kept.
    interval_of : {'processes', 'rounds'}
        What the interval is computed from.
    confidence : float
        With which it holds.
    """
    facts = benchmark.get("extra_info") or {}
    if facts.get("between_interval"):
        low, high = facts["between_interval"]
        return low, high, "processes", facts.get("between_confidence") or np.nan
    low, high = median_interval(benchmark["stats"].get("data") or ()) or (np.nan, np.nan)
    return low, high, "rounds", CONFIDENCE


def frame(document: Mapping[str, Any]) -> pd.DataFrame:
    """Make a table of a run, with the interval of every case.

    Parameters
    ----------
    document : mapping
        The run file.

    Returns
    -------
    DataFrame
        ``bench.analyze.tidy.frame`` with ``low``, ``high``, ``interval_of`` and
        ``confidence`` (see `interval`).
    """
    table = tidy.frame(document)
    found = [interval(benchmark) for benchmark in document["benchmarks"]]
    with_ends: pd.DataFrame = table.join(
        pd.DataFrame(found, columns=list(COLUMNS), index=table.index)
    )
    return with_ends
