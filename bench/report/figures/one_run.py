"""The figures of a run, drawn with matplotlib, as PNG and SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from bench.report.figures.speed import in_order, ladder_figure, speed_figure
from bench.report.figures.style import COLOURS, FORMATS, STYLE, FigureError, plain, save_figures
from bench.store import tidy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["FORMATS", "STYLE", "FigureError", "draw_run", "figures"]


def draw_run(document: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw all figures that a run has the data for.

    Parameters
    ----------
    document : mapping
        The run file.
    folder : Path
        Made if there is anything to draw.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    FigureError
        When the folder can't be written.
    """
    advice = "The run file is whole; free space, or use --no-figures."
    return save_figures(figures(document), folder, advice)


def figures(document: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    """Yield the figures of a run with their names.

    Parameters
    ----------
    document : mapping

    Yields
    ------
    tuple of (str, Figure)
        ``notebook-…`` for a device; ``ladder-…`` for a workload and device; ``speed-…``
        and ``loss-…`` for a workload, device and loader.
    """
    table = tidy.interval_frame(document)
    for device, group in tidy.of_case(table, "notebook").groupby("device", sort=False):
        yield f"notebook-{plain(str(device))}", notebook(group, str(device))
    rows = tidy.of_case(table, "epoch")
    for keys, group in rows.groupby(["workload", "device"], sort=False):
        workload, device = map(str, keys)
        drawn = ladder_figure(group, f"{workload}, {device}")
        if drawn is not None:
            yield f"ladder-{workload}-{plain(device)}", drawn
    for keys, group in rows.groupby(["workload", "device", "loader"], sort=False):
        workload, device, loader = map(str, keys)
        name = "-".join((workload, plain(device), loader))
        title = f"{workload}, {device}, {loader}"
        yield f"speed-{name}", speed_figure(group, title)
        yield f"loss-{name}", loss(group, title)


def loss(rows: pd.DataFrame, title: str) -> Figure:
    """Draw the loss against epochs and against seconds, a line a batch size.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases of one workload, device and loader.
    title : str

    Returns
    -------
    Figure
        Two panels; the kernel is ``nd.autograd`` or, without it, the first one.
    """
    kernel = in_order(rows["kernel"])[0]
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    lines = rows[rows["kernel"] == kernel].sort_values("batch_size")
    shades = colormaps["viridis"](np.linspace(0, 0.9, len(lines)))
    for colour, (_, line) in zip(shades, lines.iterrows(), strict=True):
        losses = np.asarray(line["loss_by_epoch"])
        style = {"color": colour, "marker": ".", "label": f"B={line['batch_size']:g}"}
        left.plot(np.arange(len(losses)), losses, **style)
        # Every epoch takes the same: the state is warm, and the work does not depend on it.
        right.plot(np.arange(1, len(losses)) * line["seconds"], losses[1:], **style)
    _limits(left, right, lines["loss_optimum"].iloc[0])
    left.legend(fontsize=8, ncols=2)
    figure.suptitle(f"{title}, {kernel}")
    return figure


def notebook(rows: pd.DataFrame, title: str) -> Figure:
    """Draw the published curves: the loss every 100 samples, by the notebook's protocol.

    Parameters
    ----------
    rows : DataFrame
        ``notebook`` cases of one device.
    title : str

    Returns
    -------
    Figure
        The loss against epochs and against seconds, a line a setting.
    """
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for number, (_, line) in enumerate(rows.iterrows()):
        losses = np.asarray(line["loss_every_100_samples"])
        label = f"{line['kernel']}, B={line['batch_size']:g}, lr {line['learning_rate']:g}"
        style = {"color": COLOURS[number % len(COLOURS)], "label": label, "linewidth": 1.2}
        left.plot(np.linspace(0, line["epochs"], len(losses)), losses, **style)
        right.plot(line["seconds_every_100_samples"][1:], losses[1:], **style)
    _limits(left, right, rows["loss_optimum"].iloc[0])
    left.legend(fontsize=8)
    figure.suptitle(f"{title}, the published protocol")
    return figure


def _limits(left: Axes, right: Axes, optimum: float) -> None:
    for axes in (left, right):
        axes.axhline(optimum, color="0.5", linestyle=":", linewidth=1)
    left.set(xlabel="epoch", ylabel="loss (dotted: the optimum)")
    right.set(xlabel="seconds", xscale="log")
