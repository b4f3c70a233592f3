"""Where the time of an epoch goes: a bar a kernel, a colour a phase."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from bench.analyze.ladder import rung_names
from bench.report import units
from bench.report.lines import COLOURS
from bench.report.phase_tables import PHASES, SIZES

if TYPE_CHECKING:
    import pandas as pd


def phase_sizes(rows: pd.DataFrame) -> list[int]:
    """Return the batch sizes at which phases are drawn: those of the tables.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases that have ``phases``.

    Returns
    -------
    list of int
    """
    measured = sorted({int(size) for size in rows["batch_size"]})
    return [size for size in SIZES if size in measured] or measured[:1]


def phases_figure(rows: pd.DataFrame, title: str) -> Figure:
    """Draw the share of each phase in an epoch.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases of one workload, device and batch size that have ``phases``.
    title : str

    Returns
    -------
    Figure
        The slowest kernel above; behind each bar the seconds of the whole epoch, as they
        were timed without a clock between the phases.
    """
    rows = rows.assign(rung=rung_names(rows)).sort_values("seconds")
    figure = Figure(figsize=(9, 1.6 + 0.26 * len(rows)), layout="constrained")
    axes = figure.subplots()
    heights = np.arange(len(rows))
    totals = np.array([sum(phases.values()) for phases in rows["phases"]], dtype=float)
    left = np.zeros(len(rows))
    for phase, colour in zip(PHASES, _colours(), strict=True):
        seconds = np.array([one.get(phase) or 0.0 for one in rows["phases"]], dtype=float)
        shares = np.divide(100 * seconds, totals, out=np.zeros(len(rows)), where=totals > 0)
        if shares.any():
            axes.barh(heights, shares, left=left, color=colour, label=phase, height=0.8)
        left += shares
    for height, seconds in zip(heights, rows["seconds"], strict=True):
        axes.text(101, float(height), units.seconds(float(seconds)), va="center", fontsize=8)
    axes.set_yticks(heights, list(rows["rung"]))
    axes.set(xlabel="percent of an epoch", xlim=(0, 112), ylim=(-0.6, len(rows) - 0.4))
    axes.set_xticks(range(0, 101, 20))
    axes.grid(visible=False, axis="y")
    figure.suptitle(title)
    figure.legend(loc="outside lower center", ncols=len(PHASES), fontsize=8)
    return figure


def _colours() -> tuple[str, ...]:
    """Return a colour for each phase; none is black, which hides what is next to it."""
    return COLOURS[1 : len(PHASES) + 1]
