"""Runs side by side and over time, and all the figures that a report holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from bench.advise import memory_cost
from bench.advise.bounds import NothingToSayError, assess
from bench.compare.comparison import MOST_SIDES
from bench.compare.over_time import over_time, points
from bench.report.comparison_text import what
from bench.report.figures.efficiency import memory_figure, roofline_figure, target_figure
from bench.report.figures.one_run import figures
from bench.report.figures.speed import libraries_figure, phase_sizes, phases_figure
from bench.report.figures.style import COLOURS, plain
from bench.report.numbers import seconds
from bench.store import tidy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from bench.advise.findings import Found
    from bench.compare.comparison import Comparison
    from bench.store.table import Loaded

    Named = Iterator[tuple[str, Figure]]

# Runs side by side: a row a kernel, a dot a case, its ratio with the interval.


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


# Cases over many runs: seconds against the time at which a run was taken.


#: Cases that are drawn: those whose last run is furthest from the earlier ones.
MOST_CASES = 12
ACROSS = 3


def over_time_figures(cases: pd.DataFrame, runs: pd.DataFrame) -> Iterator[tuple[str, Figure]]:
    """Draw the cases whose last run moved most.

    Parameters
    ----------
    cases, runs : DataFrame
        The tables of ``bench.store``.

    Yields
    ------
    tuple of (str, Figure)
        ``over-time``, where there are two runs of any case.
    """
    found = over_time(cases, runs)
    apart = np.abs(np.log(found["ratio"].to_numpy(dtype=float)))
    known = int(np.isfinite(apart).sum())
    if known:
        chosen = found.iloc[np.argsort(-apart, kind="stable")[: min(known, MOST_CASES)]]
        everything = points(cases, runs)
        parts = [
            (str(row["name"]), everything[everything["key"] == row["key"]])
            for _, row in chosen.iterrows()
        ]
        yield "over-time", over_time_figure(parts, known)


def over_time_figure(parts: list[tuple[str, pd.DataFrame]], n_cases: int) -> Figure:
    """Draw some cases over time.

    Parameters
    ----------
    parts : list of (str, DataFrame)
        A name and, from ``bench.compare.over_time.points``, the points of one case.
    n_cases : int
        How many there are, drawn or not.

    Returns
    -------
    Figure
        A panel a case; the line across is the median of all runs but the last.
    """
    down = -(-len(parts) // ACROSS)
    across = min(ACROSS, len(parts))
    figure = Figure(figsize=(5 * across, 2.6 * down), layout="constrained")
    panels = list(figure.subplots(down, across, squeeze=False).flat)
    for axes, (name, of_case) in zip(panels, parts, strict=False):
        _panel(axes, name, of_case)
    for axes in panels[len(parts) :]:
        axes.remove()
    of_all = "" if len(parts) == n_cases else f", {len(parts)} of {n_cases} cases"
    figure.suptitle(f"The largest steps of the last run{of_all} (dotted: the median before)")
    return figure


def _panel(axes: Axes, name: str, of_case: pd.DataFrame) -> None:
    taken = of_case["taken"].dt.tz_localize(None).to_numpy()
    axes.plot(taken, of_case["seconds"], color=COLOURS[1], marker="o", markersize=3)
    numbers = of_case[["low", "high"]].to_numpy(dtype=float)
    known = np.isfinite(numbers).all(axis=1)
    if known.any():
        axes.vlines(taken[known], *numbers[known].T, color=COLOURS[1], linewidth=1.6, alpha=0.6)
    axes.axhline(float(of_case["seconds"].iloc[:-1].median()), color="0.5", linestyle=":")
    axes.set_yscale("log")
    locator = AutoDateLocator(maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    in_seconds = FuncFormatter(lambda value, _: seconds(value))
    axes.yaxis.set_major_formatter(in_seconds)
    axes.yaxis.set_minor_formatter(in_seconds if _narrow(axes) else NullFormatter())
    axes.tick_params(axis="both", which="both", labelsize=7)
    axes.set_title(name, fontsize=7)


def _narrow(axes: Axes) -> bool:
    """Say whether the axis spans less than a decade, where only minor ticks fall."""
    low, high = axes.get_ylim()
    return high / low < 10


# All the figures that a report holds: of one run, of runs side by side.


MEMORY = {
    memory_cost.HOST: "host",
    memory_cost.ALLOCATOR: "allocator",
    memory_cost.DEVICE: "device",
}


def report_figures(document: Mapping[str, Any], found: Found | None = None) -> Named:
    """Yield all the figures that a run has the data for.

    Parameters
    ----------
    document : mapping
        The run file.
    found : Found or None
        What ``python -m bench advise`` finds in it.

    Yields
    ------
    tuple of (str, Figure)
        Those of ``bench.report.figures.one_run``; ``libraries-…`` where there are too many
        kernels for one panel; ``phases-…``, ``memory-…``, ``roofline`` and ``target-…``.
    """
    yield from figures(document)
    epochs = tidy.of_case(tidy.interval_frame(document), "epoch")
    for keys, group in epochs.groupby(["workload", "device", "loader"], sort=False):
        workload, device, loader = map(str, keys)
        drawn = libraries_figure(group, f"{workload}, {device}, {loader}")
        if drawn is not None:
            yield f"libraries-{workload}-{plain(device)}-{loader}", drawn
    yield from _phases(epochs)
    yield from _memory(epochs)
    yield from _roofline(document)
    yield from _targets(found)


def comparison_figures(found: Comparison, loaded: Loaded | None = None) -> Named:
    """Yield the figures of runs side by side.

    Parameters
    ----------
    found : Comparison
    loaded : Loaded or None
        What was compared; its cases over time are drawn where there are more than two runs.

    Yields
    ------
    tuple of (str, Figure)
        ``ratios-…`` for up to ``MOST_SIDES`` sides, ``over-time``.
    """
    if len(found.sides) <= MOST_SIDES:
        yield from ratio_figures(found)
    if loaded is not None and len(loaded.runs) > 2:
        yield from over_time_figures(loaded.cases, loaded.runs)


def _phases(epochs: pd.DataFrame) -> Named:
    if "phases" not in epochs:
        return
    told = epochs[[isinstance(one, dict) for one in epochs["phases"]]]
    for keys, group in told.groupby(["workload", "device"], sort=False):
        workload, device = map(str, keys)
        for size in phase_sizes(group):
            title = f"Where the time of an epoch goes: {workload}, {device}, B={size}"
            of_size = group[group["batch_size"] == size]
            yield f"phases-{workload}-{plain(device)}-B{size}", phases_figure(of_size, title)


def _memory(epochs: pd.DataFrame) -> Named:
    if "memory" not in epochs:
        return
    for keys, group in epochs.groupby(["workload", "device", "loader"], sort=False):
        workload, device, loader = map(str, keys)
        for quantity, short in MEMORY.items():
            drawn = memory_figure(group, quantity, f"{workload}, {device}, {loader}")
            if drawn is not None:
                yield f"memory-{short}-{workload}-{plain(device)}-{loader}", drawn


def _roofline(document: Mapping[str, Any]) -> Named:
    try:
        found = assess(document)
    except NothingToSayError:
        return
    yield "roofline", roofline_figure(found.cases, found.roofs, "Roofline")


def _targets(found: Found | None) -> Named:
    answers = () if found is None else found.answers
    places = dict.fromkeys((one.subject.workload, one.subject.device) for one in answers)
    for workload, device in places:
        of_place = [
            one
            for one in answers
            if (one.subject.workload, one.subject.device) == (workload, device)
        ]
        drawn = target_figure(of_place, f"Time to the target: {workload}, {device}")
        yield f"target-{workload}-{plain(device)}", drawn
