"""The time of every epoch: a table for each workload, device and loader."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.report.digits import measured
from bench.report.markdown.escaping import code, text
from bench.report.markdown.table import Part, paragraph, table
from bench.report.quality_marks import UNTRUSTED
from bench.report.quality_tables import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

BASIS = {
    "processes": "between processes",
    "rounds": "of the rounds of one process, which is too narrow between processes",
}


def tables(epochs: pd.DataFrame) -> Iterator[Part]:
    """Write the times of all epochs.

    Parameters
    ----------
    epochs : DataFrame
        ``epoch`` cases with their intervals, from ``bench.analyze.intervals.frame``.

    Yields
    ------
    Part
    """
    bases = [BASIS[one] for one in BASIS if (epochs["interval_of"] == one).any()]
    yield paragraph(
        f"Behind ± is half the 95% interval {' or '.join(bases)}, as a share of the median; "
        f"{UNTRUSTED} stands behind a case most of whose rounds were disturbed."
    )
    for keys, group in epochs.groupby(["workload", "device", "loader"], sort=False):
        workload, device, loader = keys
        sizes = sorted(set(group["batch_size"].dropna()))
        cells = {(row["kernel"], row["batch_size"]): cell(row) for _, row in group.iterrows()}
        kernels = sorted(dict.fromkeys(group["kernel"].astype(str)))
        yield table(
            ["kernel", *(f"B = {size:g}" for size in sizes)],
            (
                [code(name), *(cells.get((name, size), "") for size in sizes)]
                for name in kernels
            ),
            range(1, len(sizes) + 1),
            text(f"{workload}, {device}, batches from {loader}"),
        )


def cell(row: pd.Series) -> str:
    """Write a time with the digits that its interval allows, and the interval.

    Parameters
    ----------
    row : Series
        With ``seconds``, ``low``, ``high``.

    Returns
    -------
    str
        ``438 ms ±0.52%``, or the time alone where no interval is known.
    """
    half_width = (row["high"] - row["low"]) / 2
    written = measured(row["seconds"], half_width)
    if math.isfinite(half_width) and row["seconds"] > 0:
        written += f" ±{percent(half_width / row['seconds'])}"
    return f"{written} {UNTRUSTED}" if row.get("untrusted") is True else written
