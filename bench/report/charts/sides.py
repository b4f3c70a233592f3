"""Speed against batch size on several sides of a comparison: a line a side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.charts.chart import Chart, Quantity, packed
from bench.report.charts.looks import single
from bench.report.charts.specs import lines, quantitative
from bench.report.charts.speed import BATCH_SIZE, PICKED, picks

if TYPE_CHECKING:
    from bench.analyze.comparing.comparison import Comparison

QUANTITY = Quantity("seconds per epoch", "seconds", "low", "high", "s")


def sides_chart(found: Comparison) -> Chart | None:
    """Draw the epochs of one kernel at a time, a line a side.

    Parameters
    ----------
    found : Comparison

    Returns
    -------
    Chart or None
        None where no epochs are compared.
    """
    if "case" not in found.rows:
        return None
    rows = found.rows[found.rows["case"] == "epoch"]
    if rows.empty:
        return None
    labels = [side.label for side in found.sides]
    fields = [name for name in (*PICKED, "kernel") if name in rows]
    if found.axis == "device":
        fields.remove("device")
    table = rows.assign(side=[labels[number] for number in rows["side"]])
    looks = single(labels)
    told = {"side": "side", "batch_size": "batch size", "text": "95% interval"}
    along = quantitative("batch_size", BATCH_SIZE)
    numbers = ["batch_size", "seconds", "low", "high"]
    return Chart(
        id="sides-chart",
        title="Each kernel on every side",
        caption="A line a side, with 95% intervals; pick the kernel.",
        columns=packed(table[["side", *fields, *numbers]].sort_values("batch_size")),
        panels=(lines(along, "side", looks, told, "Speed of each side"),),
        tabulated={"side": "side", "batch_size": "batch size"},
        quantities=(QUANTITY,),
        choices=picks(table, fields),
        series="side",
        members=looks,
        scales={"x": "Horizontal axis", "y": "Vertical axis"},
    )
