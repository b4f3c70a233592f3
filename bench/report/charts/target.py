"""Steps and time to the target against the batch size."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from bench.advise.answer import Counted, KernelAnswer
from bench.report.charts import chart
from bench.stats.fits import RefusalError

# Steps to the target against the batch size: counted, and by the model.


STEPS = chart.Quantity("steps to the target", "steps", "low", "high", "")
SAMPLES = chart.Quantity("samples to the target", "samples", "samples_low", "samples_high", "")
OF_STEPS = {
    "kind": "how",
    "batch_size": "batch size",
    "text": "95% interval",
    "rate": "learning rate",
    "seeds": "seeds",
}
COUNTED, MODEL, THEORY = "counted", "S_min (1 + B_noise / B)", "expected, by theory"


def _of(*kinds: str) -> chart.Only:
    return chart.Only("kind", kinds)


STEPS_PANEL = chart.Panel(
    "Steps to the target against the batch size",
    chart.SIZES,
    chart.UPWARDS,
    (
        chart.Layer(
            "line",
            by=(chart.COLOUR,),
            only=_of(MODEL, THEORY),
            size=1.4,
        ),
        chart.INTERVAL,
        chart.points(OF_STEPS, 60, by=(chart.COLOUR,), only=_of(COUNTED)),
    ),
)


def steps_chart(counted: Sequence[Counted]) -> chart.Chart:
    """Draw how many steps the workload needs at each batch size."""
    table = pd.concat([_steps(known) for known in counted], ignore_index=True)
    for end, source in (("", "steps"), ("_low", "low"), ("_high", "high")):
        table[f"samples{end}"] = table[source] * table["batch_size"]
    headings = {name: title for name, title in OF_STEPS.items() if name != "text"}
    return chart.Chart(
        id="steps-chart",
        title="How many steps the loss takes to the target",
        caption=(
            "The same for every kernel, with the learning rate tuned at each batch size. "
            "Beyond B_noise samples a larger batch hardly saves steps. The bars are 95% "
            "intervals over seeds."
        ),
        rows=table,
        panels=(STEPS_PANEL,),
        tabulated={"workload": "workload", **headings},
        quantities=(STEPS, SAMPLES),
        choices=chart.picks(table, ("workload", "conditions")),
        key=chart.Key("kind", chart.single((COUNTED, MODEL, THEORY))),
        scales=chart.BOTH_SCALES,
    )


def _steps(known: Counted) -> pd.DataFrame:
    """Return what is drawn of one workload."""
    table, its = known.table, known.conditions
    shared = {
        "workload": known.workload,
        "conditions": f"{its.schedule} rate, {its.sampling.replace('-', ' ')}, "
        f"momentum {its.momentum:g}, within {100 * its.tolerance:g}%",
        "batch_size": table["batch_size"],
    }
    named = {"low": "steps_low", "high": "steps_high", "rate": "learning_rate"}
    numbers = {name: table[source] for name, source in named.items()}
    own = {"kind": COUNTED, "steps": table["steps"], **numbers, "seeds": table["seeds"]}
    parts = [own, {"kind": THEORY, "steps": table["expected_steps"]}]
    if not isinstance(known.fit, RefusalError):
        sizes = table["batch_size"].to_numpy(float)
        parts.append({"kind": MODEL, "steps": known.fit.steps(sizes)})
    drawn = [pd.DataFrame({**shared, **part}).dropna(subset="steps") for part in parts]
    rows: pd.DataFrame = pd.concat([part for part in drawn if not part.empty])
    return rows


# Time to the target against the batch size: predicted, and measured.


SECONDS = chart.Quantity("seconds to the target", "seconds", "low", "high", "s")
PREDICTED, MEASURED, BEST = "predicted", "measured", "best predicted"
TOOLTIP = {"kernel": "kernel", "kind": "how", "batch_size": "batch size"}
POINTED = {**TOOLTIP, "text": "95% interval"}
TARGET_PANEL = chart.Panel(
    "Seconds to the target against the batch size",
    chart.SIZES,
    chart.Axis(unit="s"),
    (
        chart.Layer(
            "area", y="low", y2="high", by=(chart.COLOUR,), only=_of(PREDICTED), opacity=0.15
        ),
        replace(chart.LINE, opacity=None, only=_of(PREDICTED)),
        chart.points(POINTED, 16, by=(chart.COLOUR,), only=_of(PREDICTED)),
        replace(chart.INTERVAL, only=_of(MEASURED)),
        chart.points(POINTED, 60, only=_of(MEASURED)),
        chart.Layer("ring", by=(chart.COLOUR,), only=_of(BEST), tooltip=POINTED, size=160),
    ),
)


def target_chart(
    answers: Sequence[KernelAnswer], shown: Collection[str] | None = None
) -> chart.Chart:
    """Draw how long each kernel takes to the target.

    Parameters
    ----------
    shown : collection of str or None
        Kernels that are drawn from the start; None for all.

    Raises
    ------
    NothingToDrawError
        When no kernel has a time to the target.
    """
    rows = [row for answer in answers for row in _times(answer)]
    if not rows:
        reasons = dict.fromkeys(answer.refusal for answer in answers if answer.refusal)
        why = f": {'; '.join(reasons)}" if reasons else ""
        raise chart.NothingToDrawError(f"No kernel has a time to the target{why}.")
    table = pd.DataFrame(rows)
    pairs = [(answer.subject.kernel, answer.subject.backend) for answer in answers]
    return chart.Chart(
        id="target-chart",
        title="Seconds until the loss is near the optimum",
        caption=(
            "Lines: steps to the target times the time of a step, both by their models, with "
            "their 95% band; the ring is where that is shortest. Filled marks: whole trainings "
            "as they were timed, where the run has them."
        ),
        rows=table,
        panels=(TARGET_PANEL,),
        tabulated=TOOLTIP,
        quantities=(SECONDS,),
        choices=chart.picks(table, ("workload", "device")),
        key=chart.Key("kernel", chart.members(pairs, shown), switched=True),
        scales=chart.BOTH_SCALES,
    )


def _times(answer: KernelAnswer) -> Iterator[dict[str, Any]]:
    """Yield what is drawn of one kernel."""
    subject = answer.subject
    shared = {"workload": subject.workload, "device": subject.device, "kernel": subject.kernel}
    for _, row in answer.table.iterrows():
        for kind, prefix in ((PREDICTED, ""), (MEASURED, "measured_")):
            ends = {name: row[f"{prefix}{name}"] for name in ("seconds", "low", "high")}
            if pd.notna(ends["seconds"]):
                yield {**shared, "kind": kind, "batch_size": row["batch_size"], **ends}
    if answer.advice is not None:
        time, size = answer.advice.t_star_seconds, answer.advice.b_star.value
        ends = {"seconds": time.value, "low": time.low, "high": time.high}
        yield {**shared, "kind": BEST, "batch_size": size, **ends}
