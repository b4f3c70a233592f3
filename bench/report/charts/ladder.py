"""The ladder: a row a kernel, a dot a batch size."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bench.analyze.ladder import ladder, rung_names, sizes_of
from bench.report.charts.chart import Chart, Quantity, packed
from bench.report.charts.specs import level, quantitative, ranked, stepped, tooltip
from bench.report.charts.speed import picks

QUANTITY = Quantity("seconds per epoch", "seconds", "low", "high", "s")
FIELDS = ("workload", "device", "rung", "batch_size", "seconds", "low", "high", "place")


def ladder_chart(rows: pd.DataFrame) -> Chart | None:
    """Draw the kernels of each workload and device from the slowest to the fastest.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases with ``low`` and ``high``.

    Returns
    -------
    Chart or None
        None where no workload and device has kernels enough for a ladder.
    """
    drawn = [
        part
        for _, group in rows.groupby(["workload", "device"], sort=False)
        if not (part := _rungs(group)).empty
    ]
    if not drawn:
        return None
    table = pd.concat(drawn)
    sizes = sorted({int(size) for size in table["batch_size"]})
    return Chart(
        id="ladder-chart",
        title="From the slowest to the fastest",
        caption="A row a kernel, a dot a batch size; further left, an epoch takes less.",
        columns=packed(table[list(FIELDS)]),
        panels=(_picture(sizes),),
        tabulated={"rung": "kernel", "batch_size": "batch size"},
        quantities=(QUANTITY,),
        choices=picks(table, ("workload", "device")),
        scales={"x": "Horizontal axis"},
    )


def _rungs(group: pd.DataFrame) -> pd.DataFrame:
    """Return the cases on the ladder of one workload and device, with their places."""
    table = ladder(group)
    if table.empty:
        return table
    places = {name: place for place, name in enumerate(table.index)}
    named = group.assign(rung=rung_names(group))
    named = named[named["rung"].isin(places) & named["batch_size"].isin(sizes_of(table))]
    placed: pd.DataFrame = named.assign(place=named["rung"].map(places))
    return placed


def _picture(sizes: list[int]) -> dict[str, Any]:
    row = ranked("rung", "place")
    colour = {
        "field": "batch_size",
        "type": "ordinal",
        "title": "batch size",
        "sort": sizes,
        "scale": {"scheme": "viridis"},
    }
    told = tooltip({"rung": "kernel", "batch_size": "batch size", "text": "95% interval"})
    x = quantitative("value", "", unit="s")
    whole = {
        "mark": {"type": "rule", "opacity": 0.5, "aria": False},
        "encoding": {
            "x": {**x, "aggregate": "min"},
            "x2": {"field": "value", "aggregate": "max"},
        },
    }
    dots = {
        "mark": {"type": "circle", "size": 70, "opacity": 1},
        "encoding": {"x": x, "color": colour, "tooltip": told},
    }
    return stepped(row, [whole, level(x, colour), dots], "The ladder of kernels")
