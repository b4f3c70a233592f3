"""The roofline as a figure: flops per second against flops per byte, both on log scales."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from bench.report import units
from bench.report.lines import line_styles

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

    from bench.analyze.ceilings import Ceilings

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
        From ``bench.analyze.roofline.place``.
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
            f"{', '.join(names)}: {units.engineering(rate, 'B/s')}",
            (least, rate * least),
            xytext=(3, 3),
            textcoords="offset points",
            fontsize=7,
            color="0.3",
        )
    axes.annotate(
        f"matmul: {units.engineering(peak, 'flop/s')}",
        (most, peak),
        xytext=(-3, 3),
        textcoords="offset points",
        ha="right",
        fontsize=7,
        color="0.3",
    )
