"""Ratios of two runs or more, and benchmarks of any suite."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bench.compare.comparison import Comparison
from bench.report.charts import chart
from bench.report.charts.speed import picks
from bench.report.comparison_text import what

# Ratios of two runs or more: a row a kernel, a dot a case, with its interval.


RATIO_QUANTITY = chart.Quantity(
    "times as long as the baseline", "ratio", "ratio_low", "ratio_high", "x", prefixed=False
)
DOT = {"type": "circle", "size": 60, "opacity": 1}
TOLD = {"name": "case", "text": "times as long (95% interval)", "basis": "interval from"}


def ratios_chart(found: Comparison) -> chart.Chart | None:
    """Draw the ratios of a comparison.

    Parameters
    ----------
    found : Comparison

    Returns
    -------
    Chart or None
        None where there is no ratio.
    """
    rows = found.rows
    rows = rows[(rows["side"] > 0) & rows["ratio"].notna()]
    if rows.empty:
        return None
    labels = [side.label for side in found.sides]
    table = pd.DataFrame(
        {
            "side": [labels[number] for number in rows["side"]],
            "question": [_question(row) for _, row in rows.iterrows()],
            "what": [what(row) for _, row in rows.iterrows()],
            "name": rows["name"],
            "size": [_size(row) for _, row in rows.iterrows()],
            "ratio": rows["ratio"],
            "ratio_low": rows["ratio_low"],
            "ratio_high": rows["ratio_high"],
            "basis": rows["ratio_basis"],
        }
    )
    order = table.groupby("what")["ratio"].median()
    table["place"] = table["what"].map(order)
    questions = tuple(dict.fromkeys(table["question"]))
    first = "epoch" if "epoch" in questions else questions[0]
    choices = [
        chart.Choice("side", "Against the baseline", tuple(labels[1:]), labels[1]),
        chart.Choice("question", "Question", questions, first),
    ]
    return chart.Chart(
        id="ratios-chart",
        title=f"Times as long as {found.baseline.label}",
        caption=(
            "A dot a case; 1 is the same, to the right is slower. The bars are 95% intervals: "
            "a case whose bar crosses 1 is not told apart."
        ),
        columns=chart.packed(table),
        panels=(_ratio_picture(),),
        tabulated={"name": "case", "basis": "interval from"},
        quantities=(RATIO_QUANTITY,),
        choices=tuple(one for one in choices if len(one.options) > 1),
        scales={"x": "Horizontal axis"},
    )


def _question(row: pd.Series) -> str:
    case = row.get("case")
    return case if isinstance(case, str) else "benchmark"


def _size(row: pd.Series) -> float | None:
    for name in ("batch_size", "n_parameters", "n_bytes"):
        value = row.get(name)
        if value is not None and pd.notna(value):
            return float(value)
    return None


def _ratio_picture() -> dict[str, Any]:
    x = chart.quantitative("value", "")
    colour = {
        "field": "size",
        "type": "ordinal",
        "title": "batch size, parameters or bytes",
        "scale": {"scheme": "viridis"},
        "legend": {"format": "~s"},
    }
    line = {"type": "rule", "strokeDash": [4, 3], "aria": False}
    layers = [
        chart.level(x, colour),
        chart.layer(DOT, {"x": x, "color": colour, "tooltip": chart.tooltip(TOLD)}),
        chart.layer(line, {"x": {"datum": 1, "type": "quantitative"}, "y": None}),
    ]
    return chart.stepped(chart.ranked("what", "place"), layers, "Ratios with their intervals")


# Benchmarks of any suite: a row each, its median with an interval or its quartiles.


#: More rows than this are drawn a group at a time.
MOST_AT_ONCE = 60
QUANTITY = chart.Quantity("seconds", "seconds", "low", "high", "s")


def plain_chart(table: pd.DataFrame) -> chart.Chart:
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
    return chart.Chart(
        id="plain-chart",
        title="From the slowest to the fastest",
        caption="Medians with their 95% intervals, where the file holds the rounds.",
        columns=chart.packed(ordered[["name", "group", "seconds", "low", "high", "place"]]),
        panels=(_picture(),),
        tabulated={"name": "benchmark", "group": "group"},
        quantities=(QUANTITY,),
        choices=picks(table, ("group",)) if len(table) > MOST_AT_ONCE else (),
        scales={"x": "Horizontal axis"},
    )


def _picture() -> dict[str, Any]:
    x = chart.quantitative("value", "", unit="s")
    told = chart.tooltip({"name": "benchmark", "text": "median (95% interval)"})
    dots = chart.layer(DOT, {"x": x, "tooltip": told})
    return chart.stepped(
        chart.ranked("name", "place"), [chart.level(x), dots], "Benchmarks with their intervals"
    )
