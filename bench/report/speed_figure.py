"""Speed against batch size: all kernels at once, and library by library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from bench.report.lines import COLOURS, DASHES, MARKERS, line_styles

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

BASELINE = "nd.autograd"
#: Beyond so many kernels each library gets a panel of its own as well.
MOST_KERNELS = 12
#: Panels beside one another.
ACROSS = 2


def in_order(kernels: Any) -> list[str]:
    """Return the kernels by name, the published loop first."""
    return sorted(dict.fromkeys(kernels), key=lambda name: (name != BASELINE, name))


def speed_figure(rows: pd.DataFrame, title: str) -> Figure:
    """Draw seconds per epoch and samples per second against the batch size.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases of one workload, device and loader; with ``low`` and ``high``, from
        ``bench.analyze.intervals.frame``, the 95% intervals are drawn as bars.
    title : str

    Returns
    -------
    Figure
        Two log-log panels, a line a kernel, a colour a backend.
    """
    kernels = in_order(rows["kernel"])
    height = max(4.4, 0.5 + 0.19 * len(kernels))
    figure = Figure(figsize=(12, height), layout="constrained")
    left, right = figure.subplots(1, 2)
    backend_of = _backends(rows)
    styles = line_styles([(kernel, str(backend_of.get(kernel))) for kernel in kernels])
    for kernel, style in styles.items():
        line = rows[rows["kernel"] == kernel].sort_values("batch_size")
        left.plot(line["batch_size"], line["seconds"], label=kernel, **style)
        right.plot(line["batch_size"], line["samples_per_second"], label=kernel, **style)
        if {"low", "high"} <= {*line}:
            samples = line["samples_per_second"] * line["seconds"]
            bars(left, line["batch_size"], line["low"], line["high"], style["color"])
            rates = samples / line["high"], samples / line["low"]
            bars(right, line["batch_size"], *rates, style["color"])
    for axes, label in ((left, "seconds per epoch"), (right, "samples per second")):
        axes.set(xscale="log", yscale="log", xlabel="batch size", ylabel=label)
    figure.legend(*left.get_legend_handles_labels(), loc="outside right center", fontsize=8)
    figure.suptitle(title)
    return figure


def bars(axes: Axes, at: Any, low: Any, high: Any, colour: str) -> None:
    """Draw intervals upright, those that are known."""
    ends = np.array([at, low, high], dtype=float)
    known = ends[:, np.isfinite(ends).all(axis=0)]
    if known.size:
        axes.vlines(known[0], known[1], known[2], color=colour, linewidth=1.6, alpha=0.6)


def libraries_figure(rows: pd.DataFrame, title: str) -> Figure | None:
    """Draw a panel for each library: its kernels in colours, all others in grey.

    Parameters
    ----------
    rows : DataFrame
        As for `speed_figure`.
    title : str

    Returns
    -------
    Figure or None
        None where one panel shows all kernels well.
    """
    kernels = in_order(rows["kernel"])
    backend_of = _backends(rows)
    libraries = list(dict.fromkeys(str(backend_of.get(kernel)) for kernel in kernels))
    if len(kernels) <= MOST_KERNELS or len(libraries) < 2:
        return None
    down = -(-len(libraries) // ACROSS)
    figure = Figure(figsize=(8 * ACROSS, 4.4 * down), layout="constrained")
    panels = list(figure.subplots(down, ACROSS, sharex=True, sharey=True, squeeze=False).flat)
    lines = {
        kernel: rows[rows["kernel"] == kernel].sort_values("batch_size") for kernel in kernels
    }
    for axes, library in zip(panels, libraries, strict=False):
        own = [kernel for kernel in kernels if str(backend_of.get(kernel)) == library]
        _library(axes, library, lines, own)
    for axes in panels[len(libraries) - ACROSS : len(libraries)]:
        axes.tick_params(labelbottom=True)  # there may be no panel below
    for axes in panels[len(libraries) :]:
        axes.remove()
    figure.supxlabel("batch size")
    figure.supylabel("seconds per epoch")
    figure.suptitle(f"{title}, library by library")
    return figure


def _library(
    axes: Axes, library: str, lines: Mapping[str, pd.DataFrame], own: list[str]
) -> None:
    """Draw one library's panel."""
    for kernel, line in lines.items():
        if kernel not in own:
            axes.plot(line["batch_size"], line["seconds"], color="0.85", linewidth=0.8)
    by_speed = sorted(own, key=lambda kernel: -float(lines[kernel]["seconds"].iloc[0]))
    for number, kernel in enumerate(by_speed):
        line = lines[kernel]
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(
            line["batch_size"],
            line["seconds"],
            color=colour,
            marker=MARKERS[number % len(MARKERS)],
            linestyle=DASHES[number // len(COLOURS) % len(DASHES)],
            markersize=4,
            linewidth=1.2,
            label=kernel,
        )
        if {"low", "high"} <= {*line}:
            bars(axes, line["batch_size"], line["low"], line["high"], colour)
    axes.set(xscale="log", yscale="log", title=library)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _backends(rows: pd.DataFrame) -> Mapping[str, Any]:
    """Return the library of each kernel."""
    first = rows.drop_duplicates("kernel").set_index("kernel")
    found: Mapping[str, Any] = first["backend"].to_dict() if "backend" in first else {}
    return found
