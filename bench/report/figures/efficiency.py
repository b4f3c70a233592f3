"""The roofline, peak memory, and the time to the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from bench.advise import memory_cost
from bench.report import numbers
from bench.report.figures.speed import in_order
from bench.report.figures.style import COLOURS, line_styles
from bench.report.memory_tables import TITLES, binary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from bench.advise.answer import KernelAnswer
    from bench.advise.roofline import Ceilings

# The roofline as a figure: flops per second against flops per byte, both on log scales.


#: The intensities that are drawn reach so many times beyond those that there are: to the
#: left there has to be room for the names of the ceilings.
LEFT_MARGIN, RIGHT_MARGIN = 12.0, 3.0
#: Kernels in a column of the legend.
ROWS_OF_LEGEND = 32


def roofline_figure(cases: pd.DataFrame, roofs: Mapping[str, Ceilings], title: str) -> Figure:
    """Draw every case under the ceilings of its device.

    Parameters
    ----------
    cases : DataFrame
        From ``bench.advise.roofline.place``.
    roofs : mapping of str to Ceilings
    title : str

    Returns
    -------
    Figure
        A panel a device; a line a ceiling; a mark a kernel, in its backend's colour, at
        each size that was measured.
    """
    devices = [device for device in roofs if (cases["device"] == device).any()]
    figure = Figure(figsize=(4 + 5 * len(devices), 6), layout="constrained")
    panels = figure.subplots(1, len(devices), squeeze=False, sharey=True)[0]
    backends = cases.drop_duplicates("kernel").set_index("kernel")["backend"].astype(str)
    styles = line_styles(sorted(backends.items()))
    for axes, device in zip(panels, devices, strict=True):
        rows = cases[cases["device"] == device]
        _ceilings(axes, roofs[device], rows["intensity"])
        for kernel, own in rows.groupby("kernel"):
            style = {**styles[str(kernel)], "linestyle": "none"}
            rate = own["flops"] / own["seconds"]
            axes.plot(own["intensity"], rate, label=str(kernel), alpha=0.8, **style)
        axes.set(xscale="log", yscale="log", xlabel="flops per byte", title=device)
    panels[0].set_ylabel("flops per second")
    handles = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="outside right center",
        fontsize=7,
        ncols=-(-len(handles) // ROWS_OF_LEGEND),
    )
    figure.suptitle(title)
    return figure


def _ceilings(axes: Axes, roof: Ceilings, intensities: pd.Series) -> None:
    """Draw the bandwidth of each level up to the ridge, and the arithmetic beyond it."""
    peak = roof.flops_per_second
    levels: dict[float, list[str]] = {}
    for level, rate in roof.levels().items():
        levels.setdefault(rate, []).append(level)
    least = float(intensities.min()) / LEFT_MARGIN
    most = max(float(intensities.max()), peak / min(levels)) * RIGHT_MARGIN
    for rate, names in levels.items():
        at = np.array([least, peak / rate, most])
        axes.plot(at, np.minimum(peak, rate * at), color="0.4", linewidth=1, zorder=1)
        axes.annotate(
            f"{', '.join(names)}: {numbers.engineering(rate, 'B/s')}",
            (least, rate * least),
            xytext=(3, 3),
            textcoords="offset points",
            fontsize=7,
            color="0.3",
        )
    axes.annotate(
        f"matmul: {numbers.engineering(peak, 'flop/s')}",
        (most, peak),
        xytext=(-3, 3),
        textcoords="offset points",
        ha="right",
        fontsize=7,
        color="0.3",
    )


# Peak memory against batch size: a mark a case, a line a kernel.


#: Below so many bytes the axis is linear where nothing says what is noise.
SMALLEST = 1024.0
#: So many times as much as what is small take a log scale, marked at powers of the second.
WIDE, POWERS = 16, 16


def memory_figure(rows: pd.DataFrame, quantity: str, title: str) -> Figure | None:
    """Draw how much memory trainings take.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases of one workload, device and loader, with ``memory``.
    quantity : str
        Of ``bench.advise.memory_cost``: ``HOST``, ``ALLOCATOR`` or ``DEVICE``.
    title : str

    Returns
    -------
    Figure or None
        The grey band is what can't be told from nothing; None where nothing is known.
    """
    told = rows[[isinstance(one, dict) for one in rows["memory"]]]
    peaks = [memory_cost.known(one, quantity) for one in told["memory"]]
    table = told.assign(peak=np.array(peaks, dtype=float)).dropna(subset="peak")
    if table.empty:
        return None
    kernels = in_order(table["kernel"])
    backends = table.drop_duplicates("kernel").set_index("kernel")
    backend_of = backends["backend"].to_dict() if "backend" in backends else {}
    height = max(4.4, 0.5 + 0.19 * len(kernels))
    figure = Figure(figsize=(9, height), layout="constrained")
    axes = figure.subplots()
    noise = max(memory_cost.noise(one, quantity) for one in table["memory"])
    if noise:
        axes.axhspan(0, noise, color="0.92", zorder=0)
    for kernel, style in line_styles(
        (name, str(backend_of.get(name))) for name in kernels
    ).items():
        line = table[table["kernel"] == kernel].sort_values("batch_size")
        axes.plot(line["batch_size"], line["peak"].clip(lower=0), label=kernel, **style)
    axes.set(xscale="log", xlabel="batch size", ylabel="bytes (grey: can't be told from none)")
    _scale(axes, float(table["peak"].max()), noise or SMALLEST)
    figure.legend(loc="outside right center", fontsize=8)
    figure.suptitle(f"{title}\n{TITLES[quantity]}")
    return figure


def _scale(axes: Axes, most: float, small: float) -> None:
    """Mark powers of two; beyond a few times what is small, on a log scale above it."""
    if most > WIDE * small:
        axes.set_yscale("symlog", linthresh=small, base=POWERS)
    else:
        step = 2.0 ** np.floor(np.log2(max(most, small) / 3))
        axes.yaxis.set_major_locator(MultipleLocator(step))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: binary(value)))


# Time to the target against the batch size: predicted, and measured.


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
