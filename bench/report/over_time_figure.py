"""Cases over many runs: seconds against the time at which a run was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from bench.analyze.comparing.over_time import over_time, points
from bench.report import units
from bench.report.lines import COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from matplotlib.axes import Axes

#: Cases that are drawn: those whose last run is furthest from the earlier ones.
MOST_CASES = 12
ACROSS = 3


def over_time_figures(cases: pd.DataFrame, runs: pd.DataFrame) -> Iterator[tuple[str, Figure]]:
    """Draw the cases whose last run moved most.

    Parameters
    ----------
    cases, runs : DataFrame
        The tables of ``bench.loading``.

    Yields
    ------
    tuple of (str, Figure)
        ``over-time``, where there are two runs of any case.
    """
    found = over_time(cases, runs)
    apart = np.abs(np.log(found["ratio"].to_numpy(dtype=float)))
    known = int(np.isfinite(apart).sum())
    if known:
        chosen = found.iloc[np.argsort(-apart, kind="stable")[: min(known, MOST_CASES)]]
        everything = points(cases, runs)
        parts = [
            (str(row["name"]), everything[everything["key"] == row["key"]])
            for _, row in chosen.iterrows()
        ]
        yield "over-time", over_time_figure(parts, known)


def over_time_figure(parts: list[tuple[str, pd.DataFrame]], n_cases: int) -> Figure:
    """Draw some cases over time.

    Parameters
    ----------
    parts : list of (str, DataFrame)
        A name and, from ``bench.analyze.comparing.over_time.points``, the points of one case.
    n_cases : int
        How many there are, drawn or not.

    Returns
    -------
    Figure
        A panel a case; the line across is the median of all runs but the last.
    """
    down = -(-len(parts) // ACROSS)
    across = min(ACROSS, len(parts))
    figure = Figure(figsize=(5 * across, 2.6 * down), layout="constrained")
    panels = list(figure.subplots(down, across, squeeze=False).flat)
    for axes, (name, of_case) in zip(panels, parts, strict=False):
        _panel(axes, name, of_case)
    for axes in panels[len(parts) :]:
        axes.remove()
    of_all = "" if len(parts) == n_cases else f", {len(parts)} of {n_cases} cases"
    figure.suptitle(f"The largest steps of the last run{of_all} (dotted: the median before)")
    return figure


def _panel(axes: Axes, name: str, of_case: pd.DataFrame) -> None:
    taken = of_case["taken"].dt.tz_localize(None).to_numpy()
    axes.plot(taken, of_case["seconds"], color=COLOURS[1], marker="o", markersize=3)
    numbers = of_case[["low", "high"]].to_numpy(dtype=float)
    known = np.isfinite(numbers).all(axis=1)
    if known.any():
        axes.vlines(taken[known], *numbers[known].T, color=COLOURS[1], linewidth=1.6, alpha=0.6)
    axes.axhline(float(of_case["seconds"].iloc[:-1].median()), color="0.5", linestyle=":")
    axes.set_yscale("log")
    locator = AutoDateLocator(maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    seconds = FuncFormatter(lambda value, _: units.seconds(value))
    axes.yaxis.set_major_formatter(seconds)
    axes.yaxis.set_minor_formatter(seconds if _narrow(axes) else NullFormatter())
    axes.tick_params(axis="both", which="both", labelsize=7)
    axes.set_title(name, fontsize=7)


def _narrow(axes: Axes) -> bool:
    """Say whether the axis spans less than a decade, where only minor ticks fall."""
    low, high = axes.get_ylim()
    return high / low < 10
