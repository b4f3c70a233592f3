"""Benchmarks of other suites: what any pytest-benchmark file tells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from bench.report.digits import measured
from bench.report.markdown.escaping import code, text
from bench.report.markdown.table import Part, table
from bench.report.units import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd


def tables(document: Mapping[str, Any], cases: pd.DataFrame) -> Iterator[Part]:
    """Write the benchmarks that are no cases of this suite.

    Parameters
    ----------
    document : mapping
        The run file.
    cases : DataFrame
        From ``bench.analyze.intervals.frame``.

    Yields
    ------
    Part
        One table or none.
    """
    own = cases["case"].notna() if "case" in cases else cases["seconds"].isna() & False
    rows = [
        _cells(benchmark, row)
        for benchmark, (_, row), ours in zip(
            document["benchmarks"], cases.iterrows(), own, strict=True
        )
        if not ours
    ]
    if rows:
        columns = ["group", "name", "median", "95% interval, or quartiles", "rounds"]
        yield table(columns, rows, (2, 3, 4), "Benchmarks")


def _cells(benchmark: Mapping[str, Any], row: pd.Series) -> list[str]:
    stats = benchmark.get("stats") or {}
    median, low, high = row["seconds"], row["low"], row["high"]
    ends = f"{measured(low, (high - low) / 2)} to {measured(high, (high - low) / 2)}"
    if not math.isfinite(low):
        q1, q3 = stats.get("q1"), stats.get("q3")
        ends = "–"
        if isinstance(q1, (int, float)) and isinstance(q3, (int, float)):
            ends = f"{seconds(q1)} to {seconds(q3)} (quartiles)"
    return [
        text(benchmark.get("group") or ""),
        code(benchmark.get("name")),
        measured(median, (high - low) / 2),
        ends,
        text(row["rounds"]),
    ]
