"""Draws the time to the target against the batch size: predicted, and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from bench.report.lines import COLOURS, line_styles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from bench.analyze.kernel_answer import KernelAnswer

PREDICTED, MEASURED = "predicted: steps x time of a step", "measured"


def target_figure(answers: Sequence[KernelAnswer], title: str) -> Figure:
    """Draw the kernels of one workload and device.

    Parameters
    ----------
    answers : sequence of KernelAnswer
        With or without advice.
    title : str

    Returns
    -------
    Figure
        For each kernel a line through the predicted times with its 95% band, the measured
        times as points, and a mark at the best batch size.
    """
    figure = Figure(figsize=(8, 5.5), layout="constrained")
    axes = figure.add_subplot()
    apart = len(answers) <= len(COLOURS)  # then each kernel has a colour of its own
    styles = line_styles(
        (one.subject.kernel, one.subject.kernel if apart else one.subject.backend)
        for one in answers
    )
    for one in answers:
        style = styles[one.subject.kernel]
        axes.plot([], [], label=_named(one), **style)
        _predicted(axes, one, style["color"], style["linestyle"])
        _measured(axes, one, style["color"], style["marker"])
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="batch size (samples)",
        ylabel="seconds to the target",
        title=title,
    )
    axes.plot([], [], color="0.4", label=PREDICTED)
    axes.plot([], [], color="0.4", marker="o", linestyle="", label=MEASURED)
    axes.plot([], [], color="0.4", marker="|", markersize=14, linestyle="", label="best size")
    figure.legend(loc="outside right upper", fontsize=8)
    return figure


def _named(one: KernelAnswer) -> str:
    """Write what stands beside a kernel's line and mark."""
    kernel = one.subject.kernel
    return kernel if one.advice is not None else f"{kernel}: no advice"


def _predicted(axes: Axes, one: KernelAnswer, colour: str, dashes: str) -> None:
    """Draw what the models say."""
    rows = one.table.dropna(subset="seconds")
    if rows.empty or one.advice is None:
        return
    sizes = rows["batch_size"].to_numpy(float)
    axes.plot(sizes, rows["seconds"], color=colour, linestyle=dashes)
    axes.fill_between(sizes, rows["low"], rows["high"], color=colour, alpha=0.15, linewidth=0)
    axes.plot(
        one.advice.b_star.value,
        one.advice.t_star_seconds.value,
        color=colour,
        marker="|",
        markersize=14,
        markeredgewidth=2,
    )


def _measured(axes: Axes, one: KernelAnswer, colour: str, marker: str) -> None:
    """Draw what was measured, with its intervals."""
    rows = one.table.dropna(subset="measured_seconds")
    if rows.empty:
        return
    seconds = rows["measured_seconds"].to_numpy(float)
    width = np.nan_to_num((rows["measured_high"] - rows["measured_seconds"]).to_numpy(float))
    axes.errorbar(
        rows["batch_size"].to_numpy(float),
        seconds,
        yerr=np.minimum(width, 0.99 * seconds),
        color=colour,
        marker=marker,
        markersize=5,
        linestyle="",
        capsize=2,
    )
