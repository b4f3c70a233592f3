"""The tables of parallel efficiency: what more threads change, case by case."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from bench.report import units
from bench.report.efficiency_tables import grid, groups, print_grid
from bench.report.quantities import heading

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

LEGEND = (
    "Speedup against one thread; efficiency, that over the threads; e, the serial fraction of "
    "Karp & Flatt."
)


def parallel(console: Console, table: pd.DataFrame) -> None:
    """Print speedup, efficiency and serial fraction, a section for each number of threads.

    Parameters
    ----------
    console : Console
    table : DataFrame
        From ``bench.analyze.parallel_efficiency.efficiencies``.
    """
    for (threads, device), own in table.groupby(["threads", "device"], sort=False):
        heading(console, f"{threads} threads against one: {device}")
        console.print(Text(LEGEND, style="dim"))
        console.print(Text(_confidence(own), style="dim"))
        console.print()
        for title, case, rows in groups(own):
            print_grid(console, f"{title}: speedup", grid(rows, case, _speedup))
            print_grid(console, f"{title}: efficiency, e", grid(rows, case, _efficiency))


def _confidence(rows: pd.DataFrame) -> str:
    """Say how far the intervals may be believed."""
    if rows["speedup_low"].isna().all():
        return "There are too few rounds for an interval."
    if set(rows["interval_of"]) == {"rounds"}:
        return "Intervals are of one process's rounds: what another gives may lie outside."
    least = rows["confidence"].min()
    if not least > 0.5:
        return (
            "Intervals reach from the lowest to the highest process; so few processes promise "
            "nothing (take at least five)."
        )
    return f"Intervals are between processes, and hold with at least {100 * least:.0f}%."


def _speedup(one: pd.Series) -> str:
    written = units.times(one["speedup"])
    if math.isnan(one["speedup_low"]) or math.isnan(one["speedup_high"]):
        return written
    return f"{written} ({one['speedup_low']:.2f} to {one['speedup_high']:.2f})"


def _efficiency(one: pd.Series) -> str:
    return f"{100 * one['efficiency']:.0f}% e={one['serial_fraction']:.2f}"
