"""A comparison in few numbers: a mean for each group of cases, and the largest changes.

The mean of ratios is geometric: it is the only one that does not depend on which side is the
baseline (Fleming & Wallace 1986, *How not to lie with statistics: the correct way to
summarize benchmark results*, Commun. ACM 29:218). It has no interval here: the cases of a
group share a machine, a library and most of their code, so they are not independent, and
their number says less than it seems to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

#: What makes a group of cases, with or without the last.
GROUP = ("side", "case", "device", "backend", "kernel")
#: Changes that are told in each direction.
MOST_CHANGES = 5


def summary(rows: pd.DataFrame, *, kernels: bool = True) -> pd.DataFrame:
    """Take the ratios of each kernel together, or of each backend.

    Parameters
    ----------
    rows : DataFrame
        Of a comparison.
    kernels : bool
        False takes all kernels of a backend together.

    Returns
    -------
    DataFrame
        A row for each side but the baseline, ``case``, ``device``, ``backend`` and
        ``kernel``: ``n`` cases, ``ratio``, the geometric mean of theirs, ``lowest`` and
        ``highest`` of them; ``n_slower`` and ``n_faster``, those whose interval excludes 1.
        Foreign benchmarks are one group, whose ``case`` is missing.
    """
    against = rows[(rows["side"] > 0) & rows["ratio"].notna()]
    group = GROUP if kernels else GROUP[:-1]
    for name in group:
        if name not in against:
            against = against.assign(**{name: None})
    marked = against.assign(
        log_ratio=np.log(against["ratio"].astype(float)),
        slower=against["ratio_low"] > 1,
        faster=against["ratio_high"] < 1,
    )
    grouped = marked.groupby(list(group), sort=False, dropna=False)
    together = grouped.agg(
        n=("ratio", "size"),
        log_ratio=("log_ratio", "mean"),
        lowest=("ratio", "min"),
        highest=("ratio", "max"),
        n_slower=("slower", "sum"),
        n_faster=("faster", "sum"),
    ).reset_index()
    together.insert(len(group) + 1, "ratio", np.exp(together["log_ratio"]))
    result: pd.DataFrame = together.drop(columns="log_ratio")
    return result


def changes(rows: pd.DataFrame, most: int = MOST_CHANGES) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cases that changed most, of those whose interval excludes 1.

    Parameters
    ----------
    rows : DataFrame
        Of a comparison.
    most : int
        In each direction.

    Returns
    -------
    slower, faster : DataFrame
        Rows of the comparison, the largest change first. Untrusted cases are left out.
    """
    baseline = rows.loc[(rows["side"] == 0) & rows["untrusted"], "key"]
    sound = rows[(rows["side"] > 0) & ~rows["untrusted"] & ~rows["key"].isin(baseline)]
    slower = sound[sound["ratio_low"] > 1].sort_values("ratio", ascending=False)
    faster = sound[sound["ratio_high"] < 1].sort_values("ratio")
    return slower.head(most), faster.head(most)
