"""Peak memory against batch size: a mark a case, a line a kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from bench.analyze import memory
from bench.report.lines import line_styles
from bench.report.memory_tables import TITLES, binary
from bench.report.speed_figure import in_order

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

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
        Of ``bench.analyze.memory``: ``HOST``, ``ALLOCATOR`` or ``DEVICE``.
    title : str

    Returns
    -------
    Figure or None
        The grey band is what can't be told from nothing; None where nothing is known.
    """
    told = rows[[isinstance(one, dict) for one in rows["memory"]]]
    peaks = [memory.known(one, quantity) for one in told["memory"]]
    table = told.assign(peak=np.array(peaks, dtype=float)).dropna(subset="peak")
    if table.empty:
        return None
    kernels = in_order(table["kernel"])
    backends = table.drop_duplicates("kernel").set_index("kernel")
    backend_of = backends["backend"].to_dict() if "backend" in backends else {}
    height = max(4.4, 0.5 + 0.19 * len(kernels))
    figure = Figure(figsize=(9, height), layout="constrained")
    axes = figure.subplots()
    noise = max(memory.noise(one, quantity) for one in table["memory"])
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
