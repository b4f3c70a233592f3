"""Speed against batch size, the ladder, and where the time of an epoch goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from bench.advise.ladder import ladder, rung_names, sizes_of
from bench.report import numbers
from bench.report.figures.style import COLOURS, DASHES, MARKERS, line_styles
from bench.report.run_tables import PHASES, SIZES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

# Speed against batch size: all kernels at once, and library by library.


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
        ``bench.store.tidy.interval_frame``, the 95% intervals are drawn as bars.
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


# The ladder as a figure: a row a rung, a dot a batch size, seconds on a log scale.


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


# Where the time of an epoch goes: a bar a kernel, a colour a phase.


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
        axes.text(101, float(height), numbers.seconds(float(seconds)), va="center", fontsize=8)
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
