"""Runs side by side: a row a kernel, a dot a case, its ratio with the interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bench.report.comparing_text import what

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from bench.analyze.comparing.comparison import Comparison

#: Rows that are drawn; beyond, those whose mean ratio is furthest from 1.
MOST_ROWS = 60
SLOWER, FASTER, NEITHER = "slower", "faster", "not told apart, or no interval"
#: For what takes longer, what takes less, and what is not told apart.
VERDICTS = {SLOWER: "#D55E00", FASTER: "#0072B2", NEITHER: "0.6"}
#: How far the dots of a row are spread, of the distance between rows.
SPREAD = 0.7
TICKS = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9),
    *(1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100),
)


def ratio_figures(found: Comparison) -> Iterator[tuple[str, Figure]]:
    """Draw a comparison, a figure for each kind of case.

    Parameters
    ----------
    found : Comparison

    Yields
    ------
    tuple of (str, Figure)
        ``ratios-epoch`` and so on; ``ratios-benchmarks`` for those of other suites.
    """
    rows = found.rows[(found.rows["side"] > 0) & found.rows["ratio"].notna()]
    kinds = rows["case"] if "case" in rows else pd.Series(pd.NA, index=rows.index)
    for kind, group in rows.groupby(kinds.fillna("benchmarks").astype(str), sort=False):
        yield f"ratios-{kind}", ratios_figure(found, group, str(kind))


def ratios_figure(found: Comparison, rows: pd.DataFrame, kind: str) -> Figure:
    """Draw the ratios of some cases.

    Parameters
    ----------
    found : Comparison
    rows : DataFrame
        Of its rows, without the baseline's.
    kind : str
        What they are, for the title.

    Returns
    -------
    Figure
        A log axis with a line at 1; a panel for each side.
    """
    rows = rows.assign(row=[what(row) for _, row in rows.iterrows()])
    logs = pd.Series(np.log(rows["ratio"].to_numpy(dtype=float)), index=rows["row"])
    means = logs.groupby(level=0).mean().sort_values()
    furthest = means.abs().sort_values(ascending=False).index[:MOST_ROWS]
    shown = [str(name) for name in means.index if name in set(furthest)]
    sides = sorted(set(rows["side"]))
    size = (3.5 + 4.5 * len(sides), 1.6 + 0.26 * len(shown))
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(1, len(sides), sharex=True, sharey=True, squeeze=False)[0]
    for axes, side in zip(panels, sides, strict=True):
        _side(axes, rows[rows["side"] == side], shown)
        axes.set_title(found.sides[side].label, fontsize=10)
    _ticks(panels[0])  # which all panels share
    panels[0].set_yticks(range(len(shown)), shown)
    of_all = "" if len(shown) == len(means) else f", {len(shown)} of {len(means)} rows"
    figure.suptitle(f"{kind}: times as long as {found.baseline.label}{of_all}")
    handles, names = _legend(panels[0])
    figure.legend(handles, names, loc="outside lower center", ncols=3, fontsize=8)
    return figure


def _side(axes: Axes, rows: pd.DataFrame, shown: list[str]) -> None:
    """Draw one side's panel."""
    axes.axvline(1, color="0.3", linewidth=1, zorder=1)
    for height, name in enumerate(shown):
        own = rows[rows["row"] == name]
        n = len(own)
        heights = height + SPREAD * (np.arange(n) - (n - 1) / 2) / max(n, 4)
        numbers = own[["ratio", "ratio_low", "ratio_high"]].to_numpy(dtype=float)
        for at, (value, low, high) in zip(heights, numbers, strict=True):
            verdict = SLOWER if low > 1 else FASTER if high < 1 else NEITHER
            colour = VERDICTS[verdict]
            if np.isfinite(low) and np.isfinite(high):
                axes.plot([low, high], [at, at], color=colour, linewidth=1, zorder=2)
            axes.plot(value, at, color=colour, marker="o", markersize=2.5, zorder=3)
    axes.set(xscale="log", xlabel="ratio (95% interval)")
    axes.margins(y=0.01)


def _ticks(axes: Axes) -> None:
    """Mark ratios as people say them; a decade's powers say nothing near 1."""
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.9), max(high, 1.1))
    low, high = axes.get_xlim()
    within = [one for one in TICKS if low <= one <= high]
    if high / low > 4:
        within = [one for one in within if one not in {0.7, 0.8, 0.9, 1.1, 1.25}]
    axes.set_xticks(within)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))
    axes.minorticks_off()


def _legend(axes: Axes) -> tuple[list[Line2D], list[str]]:
    """Say what the colours mean."""
    names = list(VERDICTS)
    handles = [
        axes.plot([], [], color=VERDICTS[name], marker="o", markersize=4)[0] for name in names
    ]
    return handles, names
