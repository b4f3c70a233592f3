"""Speed against batch size, of a run and of several sides; the ladder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.advise.ladder import ladder, rung_names, sizes_of
from bench.report.charts import chart

if TYPE_CHECKING:
    from collections.abc import Collection

    from bench.compare.comparison import Comparison

# Speed against batch size: a line a kernel, with its intervals.


BATCH_SIZE = "batch size (samples)"
#: What tells the groups of lines apart, and how the page calls it.
PICKED = {"workload": "Workload", "device": "Device", "loader": "Batches from"}
QUANTITIES = (
    chart.Quantity("seconds per epoch", "seconds", "low", "high", "s"),
    chart.Quantity("samples per second", "rate", "rate_low", "rate_high", ""),
    chart.Quantity("seconds per step", "step", "step_low", "step_high", "s"),
)


def speed_chart(rows: pd.DataFrame, shown: Collection[str]) -> chart.Chart:
    """Draw the time of an epoch, and what follows from it, against the batch size.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases, with ``low`` and ``high`` (``bench.store.tidy``).
    shown : collection of str
        Kernels that are drawn from the start.

    Returns
    -------
    Chart
    """
    samples = rows["n_samples"].astype(float)
    steps = -(-samples // rows["batch_size"].astype(float))
    drawn = rows.assign(
        rate=samples / rows["seconds"],
        rate_low=samples / rows["high"],
        rate_high=samples / rows["low"],
        step=rows["seconds"] / steps,
        step_low=rows["low"] / steps,
        step_high=rows["high"] / steps,
    ).sort_values(["kernel", "batch_size"])
    looks = chart.members(zip(rows["kernel"], rows["backend"].astype(str), strict=True), shown)
    fields = ["kernel", *PICKED, "batch_size"]
    numbers = [name for one in QUANTITIES for name in (one.value, one.low, one.high)]
    told = {"kernel": "kernel", "batch_size": "batch size", "text": "95% interval"}
    along = chart.quantitative("batch_size", BATCH_SIZE)
    return chart.Chart(
        id="speed-chart",
        title="Time and throughput against the batch size",
        caption=(
            "A line a kernel, a colour a library; the bars are 95% intervals, mostly shorter "
            "than the marks. Where the seconds of an epoch fall, a step costs the same however "
            "many samples it holds; where they are level, it is the samples that cost."
        ),
        columns=chart.packed(drawn[[*fields, *numbers]]),
        panels=(chart.lines(along, "kernel", looks, told, "Speed against batch size"),),
        tabulated={name: name.replace("_", " ") for name in fields},
        quantities=QUANTITIES,
        choices=picks(rows),
        series="kernel",
        members=looks,
        scales={"x": "Horizontal axis", "y": "Vertical axis"},
    )


def picks(
    rows: pd.DataFrame, fields: Collection[str] = tuple(PICKED)
) -> tuple[chart.Choice, ...]:
    """Return the lists to pick from: what all lines share at a time.

    Parameters
    ----------
    rows : DataFrame
    fields : collection of str

    Returns
    -------
    tuple of Choice
        ``inmemory`` is picked first, and else what comes first; nothing to pick from is no
        list.
    """
    found = []
    for field in fields:
        options = tuple(dict.fromkeys(str(value) for value in rows[field]))
        if len(options) > 1:
            first = "inmemory" if "inmemory" in options else options[0]
            found.append(chart.Choice(field, PICKED.get(field, field), options, first))
    return tuple(found)


# Speed against batch size on several sides of a comparison: a line a side.


def sides_chart(found: Comparison) -> chart.Chart | None:
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
    looks = chart.single(labels)
    told = {"side": "side", "batch_size": "batch size", "text": "95% interval"}
    along = chart.quantitative("batch_size", BATCH_SIZE)
    numbers = ["batch_size", "seconds", "low", "high"]
    return chart.Chart(
        id="sides-chart",
        title="Each kernel on every side",
        caption="A line a side, with 95% intervals; pick the kernel.",
        columns=chart.packed(table[["side", *fields, *numbers]].sort_values("batch_size")),
        panels=(chart.lines(along, "side", looks, told, "Speed of each side"),),
        tabulated={"side": "side", "batch_size": "batch size"},
        quantities=(QUANTITIES[0],),
        choices=picks(table, fields),
        series="side",
        members=looks,
        scales={"x": "Horizontal axis", "y": "Vertical axis"},
    )


# The ladder: a row a kernel, a dot a batch size.


FIELDS = ("workload", "device", "rung", "batch_size", "seconds", "low", "high", "place")


def ladder_chart(rows: pd.DataFrame) -> chart.Chart | None:
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
    return chart.Chart(
        id="ladder-chart",
        title="From the slowest to the fastest",
        caption="A row a kernel, a dot a batch size; further left, an epoch takes less.",
        columns=chart.packed(table[list(FIELDS)]),
        panels=(_picture(sizes),),
        tabulated={"rung": "kernel", "batch_size": "batch size"},
        quantities=(QUANTITIES[0],),
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
    row = chart.ranked("rung", "place")
    colour = {
        "field": "batch_size",
        "type": "ordinal",
        "title": "batch size",
        "sort": sizes,
        "scale": {"scheme": "viridis"},
    }
    told = chart.tooltip({"rung": "kernel", "batch_size": "batch size", "text": "95% interval"})
    x = chart.quantitative("value", "", unit="s")
    ends = {"x": {**x, "aggregate": "min"}, "x2": {"field": "value", "aggregate": "max"}}
    whole = chart.layer({"type": "rule", "opacity": 0.5, "aria": False}, ends)
    dot = {"type": "circle", "size": 70, "opacity": 1}
    dots = chart.layer(dot, {"x": x, "color": colour, "tooltip": told})
    return chart.stepped(row, [whole, chart.level(x, colour), dots], "The ladder of kernels")
