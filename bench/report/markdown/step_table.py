"""Many runs as a table: the cases whose last run is furthest from the earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.comparing.over_time import over_time
from bench.report import units
from bench.report.markdown.escaping import code
from bench.report.markdown.table import table
from bench.report.quality_tables import percent
from bench.report.ratio_text import ratio

if TYPE_CHECKING:
    from bench.loading.loaded import Loaded
    from bench.report.markdown.table import Part

MOST_STEPS = 20


def steps(loaded: Loaded) -> Part:
    """Write the largest steps of the last run.

    Parameters
    ----------
    loaded : Loaded

    Returns
    -------
    Part
    """
    found = over_time(loaded.cases, loaded.runs)
    apart = np.abs(np.log(found["ratio"].to_numpy(dtype=float)))
    known = int(np.isfinite(apart).sum())
    first = np.argsort(-apart, kind="stable")[: min(known, MOST_STEPS)]
    rows = (
        [
            code(row["name"]),
            f"{row['n_runs']}",
            units.seconds(row["median"]),
            percent(row["spread"]),
            units.seconds(row["last"]),
            ratio(row["ratio"], row["ratio_low"], row["ratio_high"]),
        ]
        for _, row in found.iloc[first].iterrows()
    )
    columns = ["case", "runs", "median", "spread between runs", "last"]
    columns.append("last over the median of the earlier (95% for one more run)")
    return table(columns, rows, range(1, 6), "The largest steps of the last run")
