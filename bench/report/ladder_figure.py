"""The ladder as a figure: a row a rung, a dot a batch size, seconds on a log scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from bench.analyze.ladder import ladder, sizes_of

if TYPE_CHECKING:
    import pandas as pd


def ladder_figure(rows: pd.DataFrame, title: str) -> Figure | None:
    """Draw the kernels of one workload and device from the slowest to the fastest.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases.
    title : str

    Returns
    -------
    Figure or None
        None where there are too few kernels for a ladder.
    """
    table = ladder(rows)
    if table.empty:
        return None
    sizes = sizes_of(table)
    figure = Figure(figsize=(9, 1.2 + 0.24 * len(table)), layout="constrained")
    axes = figure.subplots()
    heights = np.arange(len(table))[::-1]
    for height, (_, row) in zip(heights, table.iterrows(), strict=True):
        seconds = [float(row[size]) for size in sizes]
        axes.plot([min(seconds), max(seconds)], [height, height], color="0.8", zorder=1)
    shades = colormaps["viridis"](np.linspace(0, 0.9, len(sizes)))
    for size, shade in zip(sizes, shades, strict=True):
        axes.scatter(table[size], heights, color=[shade], s=28, label=f"B={size}", zorder=2)
    axes.set(xscale="log", xlabel="seconds per epoch", title=title)
    axes.set_yticks(heights, list(table.index))
    axes.legend(loc="lower right", fontsize=8)
    return figure
