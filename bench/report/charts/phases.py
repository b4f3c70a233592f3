"""Where the time of an epoch goes: a bar a kernel, a part a phase."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bench.analyze.ladder import rung_names
from bench.report.charts.chart import Chart, Choice, Quantity, packed
from bench.report.charts.specs import ranked, stepped, tooltip
from bench.report.charts.speed import picks
from bench.report.lines import COLOURS
from bench.report.phase_tables import PHASES

QUANTITIES = (
    Quantity("percent of an epoch", "percent", "", "", "%", log=False, prefixed=False),
    Quantity("seconds of an epoch", "part", "", "", "s", log=False),
)


def phases_chart(rows: pd.DataFrame) -> Chart | None:
    """Draw the phases of the kernels that go step by step.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases.

    Returns
    -------
    Chart or None
        None where the run holds no phases.
    """
    told = rows[rows["phases"].notna()] if "phases" in rows else rows.iloc[0:0]
    if told.empty:
        return None
    told = told.assign(rung=rung_names(told)).sort_values("seconds", ascending=False)
    table = pd.DataFrame([part for _, row in told.iterrows() for part in _parts(row)])
    sizes = tuple(sorted({int(size) for size in told["batch_size"]}))
    return Chart(
        id="phases-chart",
        title="Data, forward, backward, update, waiting",
        caption=(
            "From a pass of its own with the clock between the phases, so the parts may "
            "differ from the time of an epoch; kernels that do all in one call show one part."
        ),
        columns=packed(table),
        panels=(_picture(),),
        tabulated={"rung": "kernel", "phase": "phase"},
        quantities=QUANTITIES,
        choices=(
            *picks(told, ("workload", "device")),
            Choice("batch_size", "Batch size", sizes, sizes[0]),
        ),
    )


def _parts(row: pd.Series) -> list[dict[str, Any]]:
    total = float(row["phases_total"])
    shared = {name: row[name] for name in ("workload", "device", "rung", "batch_size")}
    return [
        {
            **shared,
            "seconds": row["seconds"],
            "phase": phase,
            "order": PHASES.index(phase),
            "part": seconds,
            "percent": 100 * seconds / total,
        }
        for phase, seconds in row["phases"].items()
        if phase in PHASES and seconds is not None
    ]


def _picture() -> dict[str, Any]:
    x = {
        "field": "value",
        "type": "quantitative",
        "title": "",
        "axis": {"grid": True, "labelExpr": ""},
        "scale": {"nice": False},
        "stack": "zero",
    }
    colour = {
        "field": "phase",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(PHASES), "range": [*COLOURS[1:6], "#999999"]},
    }
    order = {"field": "seconds", "op": "max", "order": "descending"}
    bars = {
        "mark": {"type": "bar"},
        "encoding": {
            "x": x,
            "color": colour,
            "order": {"field": "order"},
            "tooltip": tooltip({"rung": "kernel", "phase": "phase", "text": "share or time"}),
        },
    }
    row = {**ranked("rung", "seconds"), "sort": order}
    return stepped(row, [bars], "Phases of an epoch by kernel")
