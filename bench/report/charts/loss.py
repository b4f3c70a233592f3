"""The loss against epochs and seconds, and as the published protocol gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from bench.report.advice_text import TEXTBOOK
from bench.report.charts import chart
from bench.report.charts.speed import NO_EPOCHS

ABOVE = chart.Quantity("percent above the optimum", "above", "", "", "%", prefixed=False)
LOSS = chart.Quantity("loss", "loss", "", "", "", log=False, prefixed=False)
#: Batch sizes that are drawn from the start, where they were measured.
SHOWN = ("1", "10", "100", "1500")
TOOLTIP = {
    "batch": "batch size",
    "epoch": "epoch",
    "time": "after (95% interval)",
    "loss": "loss",
}
EPOCHS = chart.Axis("epoch", "epochs", log=False, zero=True)
SECONDS = chart.Axis("seconds", "seconds", unit="s")
TIMED = chart.Only("seconds")
AGAINST_SECONDS = chart.Panel(
    "Loss against seconds",
    SECONDS,
    chart.UPWARDS,
    (
        replace(
            chart.LEVEL, x="seconds_low", x2="seconds_high", only=chart.Only("seconds_low")
        ),
        replace(chart.LINE, by=(chart.COLOUR,), only=TIMED),
        chart.points(TOOLTIP, only=TIMED),
    ),
)


def loss_chart(rows: pd.DataFrame) -> chart.Chart:
    """Draw how the loss falls, a line a batch size, for one kernel at a time.

    Every epoch of a training takes the same: it starts warm, and what it computes does not
    depend on the numbers. So the seconds are multiples of the time of an epoch.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases with ``loss_by_epoch``, ``low`` and ``high``.

    Raises
    ------
    NothingToDrawError
        When no case tells its losses.
    """
    rows = rows[rows["loss_by_epoch"].notna()] if "loss_by_epoch" in rows else rows.iloc[0:0]
    if rows.empty:
        raise chart.NothingToDrawError(NO_EPOCHS)
    kernels = list(rows["kernel"])
    first = rows["kernel"] == (TEXTBOOK if TEXTBOOK in kernels else kernels[0])
    rows = pd.concat([rows[first], rows[~first]])
    sizes = [str(size) for size in sorted({int(size) for size in rows["batch_size"]})]
    looks = chart.ordered(sizes, [size for size in sizes if size in SHOWN] or None)
    return chart.Chart(
        id="loss-chart",
        title="The loss against epochs, and against seconds",
        caption=(
            "A line a batch size. To the left what a pass over the data brings, to the right "
            "what a second brings; the bars are the 95% intervals of the times."
        ),
        rows=pd.DataFrame([point for _, row in rows.iterrows() for point in _trained(row)]),
        panels=(chart.lines(EPOCHS, TOOLTIP, "Loss against epochs"), AGAINST_SECONDS),
        tabulated={"kernel": "kernel", **TOOLTIP},
        quantities=(ABOVE, LOSS),
        choices=chart.picks(rows, (*chart.PICKED, "kernel")),
        key=chart.Key("batch", looks, title="batch size", switched=True),
        scales=chart.BOTH_SCALES,
    )


def _trained(row: pd.Series) -> Iterator[dict[str, Any]]:
    """Yield the points of one training, from its start on."""
    optimum = float(row.get("loss_optimum", np.nan))
    for epoch, loss in enumerate(np.asarray(row["loss_by_epoch"], dtype=float)):
        ends = {"seconds": "seconds", "seconds_low": "low", "seconds_high": "high"}
        yield {
            **{name: row[name] for name in (*chart.PICKED, "kernel")},
            "batch": f"{row['batch_size']:g}",
            "epoch": epoch,
            **{name: epoch * row[end] if epoch else None for name, end in ends.items()},
            "loss": loss,
            "above": 100 * (loss / optimum - 1.0) if loss > optimum else None,
        }


# The published protocol: the loss every 100 samples, here.


NO_NOTEBOOK = "The published protocol was not measured in this run (bench_notebook)."
PUBLISHED = {"setting": "training", "epoch": "epoch", "seconds": "seconds", "loss": "loss"}


def published_chart(rows: pd.DataFrame) -> chart.Chart:
    """Draw the curves of the textbook's chapter, as this machine gives them.

    Parameters
    ----------
    rows : DataFrame
        ``notebook`` cases.

    Raises
    ------
    NothingToDrawError
        When there are none.
    """
    if rows.empty:
        raise chart.NothingToDrawError(NO_NOTEBOOK)
    table = pd.DataFrame([point for _, row in rows.iterrows() for point in _published(row)])
    optimum = float(rows["loss_optimum"].iloc[0])
    panels = (_panel(EPOCHS, optimum), _panel(SECONDS, optimum))
    looks = chart.single(list(dict.fromkeys(table["setting"])))
    return chart.Chart(
        id="published-chart",
        title="The published protocol: the loss every 100 samples",
        caption=(
            "As in the textbook, the seconds hold the evaluation of the loss; one training "
            "each, the others are in the run file."
        ),
        rows=table,
        panels=panels,
        tabulated={name: title for name, title in PUBLISHED.items() if name != "loss"},
        quantities=(LOSS,),
        choices=chart.picks(rows, ("device",)),
        key=chart.Key("setting", looks, switched=True),
        scales={"x": chart.BOTH_SCALES["x"]},
    )


def _published(row: pd.Series) -> Iterator[dict[str, Any]]:
    losses, times = row["loss_every_100_samples"], row["seconds_every_100_samples"]
    epochs = np.linspace(0, row["epochs"], len(losses))
    setting = f"{row['kernel']}, B={row['batch_size']:g}, lr {row['learning_rate']:g}"
    for epoch, seconds, loss in zip(epochs, times, losses, strict=True):
        point = {"epoch": epoch, "seconds": seconds or None, "loss": loss}
        yield {"device": row["device"], "setting": setting, **point}


def _panel(x: chart.Axis, optimum: float) -> chart.Panel:
    known = chart.Only(x.field)
    layers = (
        chart.Layer("rule", across="y", at=optimum, dash=(2, 2)),
        replace(chart.LINE, size=1.3, opacity=None, only=known),
        chart.points(PUBLISHED, 26, 0.9, by=(chart.COLOUR,), only=known),
    )
    return chart.Panel(f"Loss against {x.title}, published protocol", x, chart.UPWARDS, layers)
