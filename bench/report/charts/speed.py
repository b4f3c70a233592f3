"""Speed against batch size, of a run and of several sides; the ladder."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from bench.advise.contenders import rung_names, sizes_of
from bench.compare.comparison import Comparison
from bench.report.charts import chart
from bench.report.ladder import laddered

NO_EPOCHS = "No epoch of a training was measured in this run (bench_epoch)."
FEW_RUNGS = "A ladder takes four kernels at the same batch sizes; this run has fewer."
QUANTITIES = (
    chart.Quantity("seconds per epoch", "seconds", "low", "high", "s"),
    chart.Quantity("samples per second", "rate", "rate_low", "rate_high", ""),
    chart.Quantity("seconds per step", "step", "step_low", "step_high", "s"),
)
TOOLTIP = {"batch_size": "batch size", "text": "95% interval"}


def speed_chart(rows: pd.DataFrame, shown: Collection[str] | None = None) -> chart.Chart:
    """Draw the time of an epoch, and what follows from it, a line a kernel.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases, with ``low`` and ``high`` (``bench.store.tidy``).
    shown : collection of str or None
        Kernels that are drawn from the start; None for all.

    Raises
    ------
    NothingToDrawError
        When there are none.
    """
    if rows.empty:
        raise chart.NothingToDrawError(NO_EPOCHS)
    samples = rows["n_samples"].astype(float)
    steps = -(-samples // rows["batch_size"].astype(float))
    rates = {"rate": "seconds", "rate_low": "high", "rate_high": "low"}
    drawn = rows.assign(
        **{name: samples / rows[source] for name, source in rates.items()},
        step=rows["seconds"] / steps,
        step_low=rows["low"] / steps,
        step_high=rows["high"] / steps,
    ).sort_values(["kernel", "batch_size"])
    fields = ["kernel", *chart.PICKED, "batch_size"]
    numbers = [name for one in QUANTITIES for name in (one.value, one.low, one.high)]
    tooltip = {"kernel": "kernel", **TOOLTIP}
    return chart.Chart(
        id="speed-chart",
        title="Time and throughput against the batch size",
        caption=(
            "A line a kernel, a colour a library; the bars are 95% intervals, mostly shorter "
            "than the marks. Where the seconds of an epoch fall, a step costs the same however "
            "many samples it holds; where they are level, it is the samples that cost."
        ),
        rows=drawn[[*fields, *numbers]],
        panels=(chart.lines(chart.SIZES, tooltip, "Speed against batch size"),),
        tabulated={name: name.replace("_", " ") for name in fields},
        quantities=QUANTITIES,
        choices=chart.picks(rows),
        key=chart.kernels(rows, shown),
        scales=chart.BOTH_SCALES,
    )


def sides_chart(comparison: Comparison) -> chart.Chart:
    """Draw the epochs of one kernel at a time, a line a side of a comparison.

    Raises
    ------
    NothingToDrawError
        When no epochs are compared.
    """
    rows = comparison.rows
    rows = rows[rows["case"] == "epoch"] if "case" in rows else rows.iloc[0:0]
    if rows.empty:
        raise chart.NothingToDrawError("No epochs of a training are compared.")
    labels = [side.label for side in comparison.sides]
    fields = [name for name in (*chart.PICKED, "kernel") if name in rows]
    if comparison.axis == "device":
        fields.remove("device")
    table = rows.assign(side=[labels[number] for number in rows["side"]])
    numbers = ["batch_size", "seconds", "low", "high"]
    tooltip = {"side": "side", **TOOLTIP}
    return chart.Chart(
        id="sides-chart",
        title="Each kernel on every side",
        caption="A line a side, with 95% intervals; pick the kernel.",
        rows=table[["side", *fields, *numbers]].sort_values("batch_size"),
        panels=(chart.lines(chart.SIZES, tooltip, "Speed of each side"),),
        tabulated={"side": "side", "batch_size": "batch size"},
        quantities=QUANTITIES[:1],
        choices=chart.picks(table, fields),
        key=chart.Key("side", chart.single(labels), switched=True),
        scales=chart.BOTH_SCALES,
    )


# The ladder: a row a kernel, a dot a batch size.


FIELDS = ["workload", "device", "rung", "batch_size", "seconds", "low", "high", "place"]
DOT = chart.points({"rung": "kernel", **TOOLTIP}, 70, by=(chart.COLOUR,))
RUNGS = chart.Panel(
    "The ladder of kernels",
    chart.Axis(unit="s"),
    chart.Axis("rung", kind="names", order="place"),
    (chart.Layer("span", opacity=0.5), chart.LEVEL, DOT),
)


def ladder_chart(rows: pd.DataFrame) -> chart.Chart:
    """Draw the kernels of each workload and device from the slowest to the fastest.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases with ``low`` and ``high``.

    Raises
    ------
    NothingToDrawError
        When no workload and device has kernels enough for a ladder.
    """
    drawn = [_rungs(group, table) for _, group, table in laddered(rows)]
    if not drawn:
        raise chart.NothingToDrawError(FEW_RUNGS)
    table = pd.concat(drawn)
    return chart.Chart(
        id="ladder-chart",
        title="From the slowest to the fastest",
        caption="A row a kernel, a dot a batch size; further left, an epoch takes less.",
        rows=table[FIELDS],
        panels=(RUNGS,),
        tabulated={"rung": "kernel", "batch_size": "batch size"},
        quantities=QUANTITIES[:1],
        choices=chart.picks(table, ("workload", "device")),
        key=chart.Key("batch_size", title="batch size"),
        scales={"x": chart.BOTH_SCALES["x"]},
    )


def _rungs(group: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the cases on the ladder of one workload and device, with their places."""
    places = {name: place for place, name in enumerate(table.index)}
    named = group.assign(rung=rung_names(group))
    named = named[named["rung"].isin(places) & named["batch_size"].isin(sizes_of(table))]
    placed: pd.DataFrame = named.assign(place=named["rung"].map(places))
    return placed
