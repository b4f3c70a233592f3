"""Ratios of two runs or more, and benchmarks of any suite."""

from __future__ import annotations

import pandas as pd

from bench.compare.comparison import Comparison
from bench.report.charts import chart
from bench.report.comparison_text import called, text_of, what

# Ratios of two runs or more: a row a kernel, a dot a case, with its interval.


RATIO = chart.Quantity(
    "times as long as the baseline", "ratio", "ratio_low", "ratio_high", "x", prefixed=False
)
TOOLTIP = {"name": "case", "text": "times as long (95% interval)", "basis": "interval from"}
RATIOS = chart.Panel(
    "Ratios with their intervals",
    chart.Axis(),
    chart.Axis("what", kind="names", order="place"),
    (
        chart.LEVEL,
        chart.points(TOOLTIP, 60, by=(chart.COLOUR,)),
        chart.Layer("rule", across="x", at=1, dash=(4, 3)),
    ),
)


def ratios_chart(comparison: Comparison) -> chart.Chart:
    """Draw the ratios of a comparison, a side and a question at a time.

    Raises
    ------
    NothingToDrawError
        When there is no ratio.
    """
    rows = comparison.rows
    rows = rows[(rows["side"] > 0) & rows["ratio"].notna()]
    if rows.empty:
        raise chart.NothingToDrawError("No case has a ratio.")
    labels = [side.label for side in comparison.sides]
    table = pd.DataFrame(
        {
            "side": [labels[number] for number in rows["side"]],
            "question": [text_of(row, "case") or "benchmark" for _, row in rows.iterrows()],
            "what": [what(row) for _, row in rows.iterrows()],
            "name": [called(row) for _, row in rows.iterrows()],
            "size": [_size(row) for _, row in rows.iterrows()],
            **{name: rows[name] for name in ("ratio", "ratio_low", "ratio_high")},
            "basis": rows["ratio_basis"],
        }
    )
    table["place"] = table["what"].map(table.groupby("what")["ratio"].median())
    return chart.Chart(
        id="ratios-chart",
        title=f"Times as long as {comparison.baseline.label}",
        caption=(
            "A dot a case; 1 is the same, to the right is slower. The bars are 95% intervals: "
            "a case whose bar crosses 1 is not told apart."
        ),
        rows=table,
        panels=(RATIOS,),
        tabulated={"name": "case", "basis": "interval from"},
        quantities=(RATIO,),
        choices=chart.picks(table, ("side", "question")),
        key=chart.Key("size", title="batch size, parameters or bytes", prefixed=True),
        scales={"x": chart.BOTH_SCALES["x"]},
    )


def _size(row: pd.Series) -> float | None:
    sizes = (row.get(name) for name in ("batch_size", "n_parameters", "n_bytes"))
    return next((float(size) for size in sizes if size is not None and pd.notna(size)), None)


# Benchmarks of any suite: a row each, its median with an interval or its quartiles.


#: More rows than this are drawn a group at a time.
MOST_AT_ONCE = 60
PLAIN = chart.Panel(
    "Benchmarks with their intervals",
    chart.Axis(unit="s"),
    chart.Axis("name", kind="names", order="place"),
    (
        chart.LEVEL,
        chart.points({"name": "benchmark", "text": "median (95% interval)"}, 60, by=()),
    ),
)


def plain_chart(table: pd.DataFrame) -> chart.Chart:
    """Draw benchmarks from the slowest to the fastest.

    Parameters
    ----------
    table : DataFrame
        ``name``, ``group``, ``seconds``, ``low``, ``high``.
    """
    placed = table.assign(place=-table["seconds"])
    return chart.Chart(
        id="plain-chart",
        title="From the slowest to the fastest",
        caption="Medians with their 95% intervals, where the file holds the rounds.",
        rows=placed[["name", "group", "seconds", "low", "high", "place"]],
        panels=(PLAIN,),
        tabulated={"name": "benchmark", "group": "group"},
        quantities=(chart.Quantity("seconds", "seconds", "low", "high", "s"),),
        choices=chart.picks(table, ("group",)) if len(table) > MOST_AT_ONCE else (),
        scales={"x": chart.BOTH_SCALES["x"]},
    )
