"""The published protocol: the loss every 100 samples, here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bench.report.charts.chart import Chart, Quantity, packed
from bench.report.charts.looks import dashes, encoded, single
from bench.report.charts.specs import framed, quantitative, tooltip
from bench.report.charts.speed import picks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.report.charts.chart import Member

QUANTITY = Quantity("loss", "loss", "", "", "", log=False, prefixed=False)
TOLD = {"setting": "training", "epoch": "epoch", "seconds": "seconds", "loss": "loss"}


def published_chart(rows: pd.DataFrame) -> Chart | None:
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
    looks = single(list(dict.fromkeys(table["setting"])))
    return Chart(
        id="published-chart",
        title="The published protocol: the loss every 100 samples",
        caption=(
            "As in the textbook, the seconds hold the evaluation of the loss; one training "
            "each, the others are in the run file."
        ),
        columns=packed(table),
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
    x = quantitative(along, title, log=seconds, unit="s" if seconds else None)
    if not seconds:
        x["scale"] = {"type": "linear"}
    y = quantitative("value", "", unit="")
    look = encoded("setting", looks)
    keep = [{"filter": f"isValid(datum.{along})"}]
    both = {"x": x, "y": y, "color": look["color"]}
    return framed(
        [
            {
                "transform": keep,
                "mark": {"type": "line", "strokeWidth": 1.3, "aria": False},
                "encoding": {**both, "strokeDash": dashes("setting", looks)},
            },
            {
                "transform": keep,
                "mark": {"type": "circle", "size": 26, "opacity": 0.9},
                "encoding": {**both, "tooltip": tooltip(TOLD)},
            },
        ],
        f"Loss against {title}, published protocol",
    )
