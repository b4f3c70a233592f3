"""Benchmarks of any suite: a row each, its median with an interval or its quartiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.report.charts.chart import Chart, Quantity, packed
from bench.report.charts.specs import level, quantitative, ranked, stepped, tooltip
from bench.report.charts.speed import picks

if TYPE_CHECKING:
    import pandas as pd

#: More rows than this are drawn a group at a time.
MOST_AT_ONCE = 60
QUANTITY = Quantity("seconds", "seconds", "low", "high", "s")


def plain_chart(table: pd.DataFrame) -> Chart:
    """Draw benchmarks from the slowest to the fastest.

    Parameters
    ----------
    table : DataFrame
        ``name``, ``group``, ``seconds``, ``low``, ``high``.

    Returns
    -------
    Chart
    """
    ordered = table.assign(place=-table["seconds"])
    return Chart(
        id="plain-chart",
        title="From the slowest to the fastest",
        caption="Medians with their 95% intervals, where the file holds the rounds.",
        columns=packed(ordered[["name", "group", "seconds", "low", "high", "place"]]),
        panels=(_picture(),),
        tabulated={"name": "benchmark", "group": "group"},
        quantities=(QUANTITY,),
        choices=picks(table, ("group",)) if len(table) > MOST_AT_ONCE else (),
        scales={"x": "Horizontal axis"},
    )


def _picture() -> dict[str, Any]:
    x = quantitative("value", "", unit="s")
    told = tooltip({"name": "benchmark", "text": "median (95% interval)"})
    dots = {
        "mark": {"type": "circle", "size": 60, "opacity": 1},
        "encoding": {"x": x, "tooltip": told},
    }
    return stepped(ranked("name", "place"), [level(x), dots], "Benchmarks with their intervals")
