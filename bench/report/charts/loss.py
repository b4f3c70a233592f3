"""The loss against epochs and seconds, and as the published protocol gives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bench.report.charts import chart
from bench.report.charts.chart import Member
from bench.report.charts.speed import PICKED, picks

# The loss against epochs and against seconds: a line a batch size.


QUANTITIES = (
    chart.Quantity("percent above the optimum", "above", "", "", "%", prefixed=False),
    chart.Quantity("loss", "loss", "", "", "", log=False, prefixed=False),
)
#: Batch sizes that are drawn from the start, where they were measured.
SHOWN = ("1", "10", "100", "1500")
LOSS_TOLD = {
    "batch": "batch size",
    "epoch": "epoch",
    "time": "after (95% interval)",
    "loss": "loss",
}


def loss_chart(rows: pd.DataFrame, kernel: str) -> chart.Chart:
    """Draw how the loss falls, for one kernel at a time.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases with ``loss_by_epoch``, ``low`` and ``high``.
    kernel : str
        Drawn first.

    Returns
    -------
    Chart
        Every epoch of a training takes the same: it starts warm, and what it computes does
        not depend on the numbers. So the seconds are multiples of the time of an epoch.
    """
    first = rows["kernel"] == kernel
    rows = pd.concat([rows[first], rows[~first]])
    table = pd.DataFrame([point for _, row in rows.iterrows() for point in _loss_points(row)])
    sizes = sorted({int(size) for size in rows["batch_size"]})
    shown = [str(size) for size in sizes if str(size) in SHOWN] or None
    looks = chart.ordered([str(size) for size in sizes], shown)
    return chart.Chart(
        id="loss-chart",
        title="The loss against epochs, and against seconds",
        caption=(
            "A line a batch size. To the left what a pass over the data brings, to the right "
            "what a second brings; the bars are the 95% intervals of the times."
        ),
        columns=chart.packed(table),
        panels=(
            chart.lines(_epochs(), "batch", looks, LOSS_TOLD, "Loss against epochs"),
            _against_seconds(looks),
        ),
        tabulated={"kernel": "kernel", **LOSS_TOLD},
        quantities=QUANTITIES,
        choices=picks(rows, (*PICKED, "kernel")),
        series="batch",
        members=looks,
        scales={"x": "Horizontal axis", "y": "Vertical axis"},
    )


def _loss_points(row: pd.Series) -> Sequence[Mapping[str, Any]]:
    """Return the points of one training, from its start on."""
    losses = np.asarray(row["loss_by_epoch"], dtype=float)
    optimum = float(row.get("loss_optimum", np.nan))
    shared = {name: row[name] for name in (*PICKED, "kernel")}
    return [
        {
            **shared,
            "batch": f"{row['batch_size']:g}",
            "epoch": epoch,
            "seconds": epoch * row["seconds"] if epoch else None,
            "seconds_low": epoch * row["low"] if epoch else None,
            "seconds_high": epoch * row["high"] if epoch else None,
            "loss": loss,
            "above": 100 * (loss / optimum - 1.0) if loss > optimum else None,
        }
        for epoch, loss in enumerate(losses)
    ]


def _epochs() -> dict[str, Any]:
    return {**chart.quantitative("epoch", "epochs", log=False), "scale": {"type": "linear"}}


def _against_seconds(looks: tuple[Member, ...]) -> dict[str, Any]:
    """Draw the loss against seconds, whose intervals lie along."""
    x = chart.quantitative("seconds", "seconds", unit="s")
    y = chart.quantitative("value", "", unit="")
    look = chart.encoded("batch", looks)
    ends = {"x": {**x, "field": "seconds_low"}, "x2": {"field": "seconds_high"}}
    ends |= {"y": y, "color": look["color"]}
    path = {"type": "line", "strokeWidth": 1.4, "opacity": 0.85, "aria": False}
    timed = "isValid(datum.seconds)"
    layers = [
        chart.layer(chart.INTERVAL, ends, "isValid(datum.seconds_low)"),
        chart.layer(path, {"x": x, "y": y, "color": look["color"]}, timed),
        chart.layer(
            chart.points(46),
            {"x": x, "y": y, **look, "tooltip": chart.tooltip(LOSS_TOLD)},
            timed,
        ),
    ]
    return chart.framed(layers, "Loss against seconds")


# The published protocol: the loss every 100 samples, here.


QUANTITY = chart.Quantity("loss", "loss", "", "", "", log=False, prefixed=False)
TOLD = {"setting": "training", "epoch": "epoch", "seconds": "seconds", "loss": "loss"}


def published_chart(rows: pd.DataFrame) -> chart.Chart | None:
    """Draw the curves of the textbook's chapter, as this machine gives them.

    Parameters
    ----------
    rows : DataFrame
        ``notebook`` cases.

    Returns
    -------
    Chart or None
        None where there are none.
    """
    if rows.empty:
        return None
    table = pd.DataFrame([point for _, row in rows.iterrows() for point in _points(row)])
    looks = chart.single(list(dict.fromkeys(table["setting"])))
    return chart.Chart(
        id="published-chart",
        title="The published protocol: the loss every 100 samples",
        caption=(
            "As in the textbook, the seconds hold the evaluation of the loss; one training "
            "each, the others are in the run file."
        ),
        columns=chart.packed(table),
        panels=(_panel(looks, "epoch", "epochs"), _panel(looks, "seconds", "seconds")),
        tabulated={name: title for name, title in TOLD.items() if name != "loss"},
        quantities=(QUANTITY,),
        choices=picks(rows, ("device",)),
        series="setting",
        members=looks,
        scales={"x": "Horizontal axis"},
    )


def _points(row: pd.Series) -> Iterator[dict[str, Any]]:
    losses = row["loss_every_100_samples"]
    epochs = np.linspace(0, row["epochs"], len(losses))
    setting = f"{row['kernel']}, B={row['batch_size']:g}, lr {row['learning_rate']:g}"
    for epoch, seconds, loss in zip(
        epochs, row["seconds_every_100_samples"], losses, strict=True
    ):
        yield {
            "device": row["device"],
            "setting": setting,
            "epoch": epoch,
            "seconds": seconds or None,
            "loss": loss,
        }


def _panel(looks: tuple[Member, ...], along: str, title: str) -> dict[str, Any]:
    seconds = along == "seconds"
    x = chart.quantitative(along, title, log=seconds, unit="s" if seconds else None)
    if not seconds:
        x["scale"] = {"type": "linear"}
    y = chart.quantitative("value", "", unit="")
    look = chart.encoded("setting", looks)
    keep = f"isValid(datum.{along})"
    both = {"x": x, "y": y, "color": look["color"]}
    path = {"type": "line", "strokeWidth": 1.3, "aria": False}
    dot = {"type": "circle", "size": 26, "opacity": 0.9}
    layers = [
        chart.layer(path, {**both, "strokeDash": chart.dashes("setting", looks)}, keep),
        chart.layer(dot, {**both, "tooltip": chart.tooltip(TOLD)}, keep),
    ]
    return chart.framed(layers, f"Loss against {title}, published protocol")
