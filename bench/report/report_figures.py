"""All the figures that a report holds: of one run, of runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.analyze import intervals, memory, tidy
from bench.analyze.comparing.comparison import MOST_SIDES
from bench.analyze.efficiency import NothingToSayError, assess
from bench.report.figure_style import plain
from bench.report.figures import figures
from bench.report.memory_figure import memory_figure
from bench.report.over_time_figure import over_time_figures
from bench.report.phases_figure import phase_sizes, phases_figure
from bench.report.ratios_figure import ratio_figures
from bench.report.roofline_figure import roofline_figure
from bench.report.speed_figure import libraries_figure
from bench.report.target_figure import target_figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    from matplotlib.figure import Figure

    from bench.analyze.comparing.comparison import Comparison
    from bench.analyze.findings import Found
    from bench.loading.loaded import Loaded

    Named = Iterator[tuple[str, Figure]]

MEMORY = {memory.HOST: "host", memory.ALLOCATOR: "allocator", memory.DEVICE: "device"}


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
        Those of ``bench.report.figures``; ``libraries-…`` where there are too many kernels
        for one panel; ``phases-…``, ``memory-…``, ``roofline`` and ``target-…``.
    """
    yield from figures(document)
    epochs = tidy.of_case(intervals.frame(document), "epoch")
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
