"""Steps to the target against the batch size: counted, and by the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.analyze.refusal import RefusalError
from bench.report.charts.chart import Chart, Quantity, packed
from bench.report.charts.looks import encoded, single
from bench.report.charts.specs import framed, quantitative, tooltip, upright
from bench.report.charts.speed import BATCH_SIZE, picks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.analyze.findings import Counted

STEPS = Quantity("steps to the target", "steps", "low", "high", "")
SAMPLES = Quantity("samples to the target", "samples", "samples_low", "samples_high", "")
COUNTED, MODEL, THEORY = "counted", "S_min (1 + B_noise / B)", "expected, by theory"


def steps_chart(counted: Sequence[Counted]) -> Chart:
    """Draw how many steps the workload needs at each batch size.

    Parameters
    ----------
    counted : sequence of Counted

    Returns
    -------
    Chart
    """
    table = pd.concat([_rows(one) for one in counted], ignore_index=True)
    for end in ("", "_low", "_high"):
        source = {"": "steps", "_low": "low", "_high": "high"}[end]
        table[f"samples{end}"] = table[source] * table["batch_size"]
    looks = single((COUNTED, MODEL, THEORY))
    return Chart(
        id="steps-chart",
        title="How many steps the loss takes to the target",
        caption=(
            "The same for every kernel, with the learning rate tuned at each batch size. "
            "Beyond B_noise samples a larger batch hardly saves steps. The bars are 95% "
            "intervals over seeds."
        ),
        columns=packed(table),
        panels=(_picture(looks),),
        tabulated={
            "workload": "workload",
            "kind": "how",
            "batch_size": "batch size",
            "rate": "learning rate",
            "seeds": "seeds",
        },
        quantities=(STEPS, SAMPLES),
        choices=picks(table, ("workload", "conditions")),
        series=None,
        members=(),
        scales={"x": "Horizontal axis", "y": "Vertical axis"},
    )


def _rows(known: Counted) -> pd.DataFrame:
    """Return what is drawn of one workload."""
    table, its = known.table, known.conditions
    shared = {
        "workload": known.workload,
        "conditions": f"{its.schedule} rate, {its.sampling.replace('-', ' ')}, "
        f"momentum {its.momentum:g}, within {100 * its.tolerance:g}%",
        "batch_size": table["batch_size"],
    }
    own = pd.DataFrame(
        {
            **shared,
            "kind": COUNTED,
            "steps": table["steps"],
            "low": table["steps_low"],
            "high": table["steps_high"],
            "rate": table["learning_rate"],
            "seeds": table["seeds"],
        }
    )
    theory = pd.DataFrame({**shared, "kind": THEORY, "steps": table["expected_steps"]})
    parts = [own, theory]
    if not isinstance(known.fit, RefusalError):
        sizes = table["batch_size"].to_numpy(float)
        parts.append(pd.DataFrame({**shared, "kind": MODEL, "steps": known.fit.steps(sizes)}))
    everything = [part.dropna(subset="steps") for part in parts]
    rows: pd.DataFrame = pd.concat(
        [part for part in everything if not part.empty], ignore_index=True
    )
    return rows


def _picture(looks: Any) -> dict[str, Any]:
    x = quantitative("batch_size", BATCH_SIZE)
    y = quantitative("value", "", unit="")
    look = encoded("kind", looks)
    legend = {**look["color"], "legend": {"title": None, "symbolType": "stroke"}}
    told = tooltip(
        {
            "kind": "how",
            "batch_size": "batch size",
            "text": "95% interval",
            "rate": "learning rate",
            "seeds": "seeds",
        }
    )
    return framed(
        [
            {
                "mark": {"type": "line", "strokeWidth": 1.4, "aria": False},
                "transform": [{"filter": f"datum.kind !== '{COUNTED}'"}],
                "encoding": {"x": x, "y": y, "color": legend},
            },
            upright(x, y, legend),
            {
                "transform": [{"filter": f"datum.kind === '{COUNTED}'"}],
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"x": x, "y": y, "color": legend, "tooltip": told},
            },
        ],
        "Steps to the target against the batch size",
    )
