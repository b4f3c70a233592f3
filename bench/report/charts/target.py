"""Steps and time to the target against the batch size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.report.charts import chart
from bench.report.charts.speed import BATCH_SIZE, picks
from bench.stats.fits import RefusalError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bench.advise.answer import KernelAnswer
    from bench.advise.findings import Counted
    from bench.report.charts.chart import Member

# Steps to the target against the batch size: counted, and by the model.


STEPS = chart.Quantity("steps to the target", "steps", "low", "high", "")
SAMPLES = chart.Quantity("samples to the target", "samples", "samples_low", "samples_high", "")
STEPS_TOLD = {
    "kind": "how",
    "batch_size": "batch size",
    "text": "95% interval",
    "rate": "learning rate",
    "seeds": "seeds",
}
COUNTED, MODEL, THEORY = "counted", "S_min (1 + B_noise / B)", "expected, by theory"


def steps_chart(counted: Sequence[Counted]) -> chart.Chart:
    """Draw how many steps the workload needs at each batch size.

    Parameters
    ----------
    counted : sequence of Counted

    Returns
    -------
    Chart
    """
    table = pd.concat([_steps_rows(one) for one in counted], ignore_index=True)
    for end, source in (("", "steps"), ("_low", "low"), ("_high", "high")):
        table[f"samples{end}"] = table[source] * table["batch_size"]
    looks = chart.single((COUNTED, MODEL, THEORY))
    return chart.Chart(
        id="steps-chart",
        title="How many steps the loss takes to the target",
        caption=(
            "The same for every kernel, with the learning rate tuned at each batch size. "
            "Beyond B_noise samples a larger batch hardly saves steps. The bars are 95% "
            "intervals over seeds."
        ),
        columns=chart.packed(table),
        panels=(_steps_picture(looks),),
        tabulated={
            "workload": "workload",
            **{name: title for name, title in STEPS_TOLD.items() if name != "text"},
        },
        quantities=(STEPS, SAMPLES),
        choices=picks(table, ("workload", "conditions")),
        scales={"x": "Horizontal axis", "y": "Vertical axis"},
    )


def _steps_rows(known: Counted) -> pd.DataFrame:
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


def _steps_picture(looks: Any) -> dict[str, Any]:
    x = chart.quantitative("batch_size", BATCH_SIZE)
    y = chart.quantitative("value", "", unit="")
    look = chart.encoded("kind", looks)
    legend = {**look["color"], "legend": {"title": None, "symbolType": "stroke"}}
    told = chart.tooltip(STEPS_TOLD)
    return chart.framed(
        [
            {
                "mark": {"type": "line", "strokeWidth": 1.4, "aria": False},
                "transform": [{"filter": f"datum.kind !== '{COUNTED}'"}],
                "encoding": {"x": x, "y": y, "color": legend},
            },
            chart.upright(x, y, legend),
            chart.layer(
                chart.points(60),
                {"x": x, "y": y, "color": legend, "tooltip": told},
                f"datum.kind === '{COUNTED}'",
            ),
        ],
        "Steps to the target against the batch size",
    )


# Time to the target against the batch size: predicted, and measured.


QUANTITY = chart.Quantity("seconds to the target", "seconds", "low", "high", "s")
PREDICTED, MEASURED, BEST = "predicted", "measured", "best predicted"
TOLD = {"kernel": "kernel", "kind": "how", "batch_size": "batch size", "text": "95% interval"}


def target_chart(answers: Sequence[KernelAnswer], shown: Collection[str]) -> chart.Chart | None:
    """Draw how long each kernel takes to the target.

    Parameters
    ----------
    answers : sequence of KernelAnswer
    shown : collection of str
        Kernels that are drawn from the start.

    Returns
    -------
    Chart or None
        None where no kernel has a time to the target.
    """
    rows = [row for one in answers for row in _rows(one)]
    if not rows:
        return None
    table = pd.DataFrame(rows)
    pairs = [(one.subject.kernel, one.subject.backend) for one in answers]
    looks = chart.members(pairs, shown)
    return chart.Chart(
        id="target-chart",
        title="Seconds until the loss is near the optimum",
        caption=(
            "Lines: steps to the target times the time of a step, both by their models, with "
            "their 95% band; the ring is where that is shortest. Filled marks: whole trainings "
            "as they were timed, where the run has them."
        ),
        columns=chart.packed(table),
        panels=(_picture(looks),),
        tabulated={name: TOLD[name] for name in TOLD if name != "text"},
        quantities=(QUANTITY,),
        choices=picks(table, ("workload", "device")),
        series="kernel",
        members=looks,
        scales={"x": "Horizontal axis", "y": "Vertical axis"},
    )


def _rows(one: KernelAnswer) -> Iterator[dict[str, Any]]:
    """Yield what is drawn of one kernel."""
    subject = one.subject
    shared = {"workload": subject.workload, "device": subject.device, "kernel": subject.kernel}
    for _, row in one.table.iterrows():
        for kind, prefix in ((PREDICTED, ""), (MEASURED, "measured_")):
            seconds = row[f"{prefix}seconds"]
            if pd.notna(seconds):
                low, high = row[f"{prefix}low"], row[f"{prefix}high"]
                ends = {"seconds": seconds, "low": low, "high": high}
                yield {**shared, "kind": kind, "batch_size": row["batch_size"], **ends}
    if one.advice is not None:
        best = one.advice.t_star_seconds
        yield {
            **shared,
            "kind": BEST,
            "batch_size": one.advice.b_star.value,
            "seconds": best.value,
            "low": best.low,
            "high": best.high,
        }


def _picture(looks: tuple[Member, ...]) -> dict[str, Any]:
    x = chart.quantitative("batch_size", BATCH_SIZE)
    y = chart.quantitative("value", "", unit="s")
    look = chart.encoded("kernel", looks)

    plain, told = {"x": x, "y": y, "color": look["color"]}, {"tooltip": chart.tooltip(TOLD)}
    predicted, measured, best = (
        f"datum.kind === '{kind}'" for kind in (PREDICTED, MEASURED, BEST)
    )
    band = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": look["color"]}
    ring = {"type": "point", "size": 160, "strokeWidth": 2, "shape": "circle"}
    return chart.framed(
        [
            chart.layer({"type": "area", "opacity": 0.15, "aria": False}, band, predicted),
            chart.layer(
                {"type": "line", "strokeWidth": 1.4, "aria": False},
                {**plain, "strokeDash": chart.dashes("kernel", looks)},
                predicted,
            ),
            chart.layer(
                {"type": "circle", "size": 16, "opacity": 1}, {**plain, **told}, predicted
            ),
            {"transform": [{"filter": measured}], **chart.upright(x, y, look["color"])},
            chart.layer(chart.points(60), {"x": x, "y": y, **look, **told}, measured),
            chart.layer(ring, {**plain, **told}, best),
        ],
        "Seconds to the target against the batch size",
    )
