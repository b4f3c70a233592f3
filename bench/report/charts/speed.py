"""Speed against batch size: a line a kernel, with its intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.charts.chart import Chart, Choice, Quantity, packed
from bench.report.charts.looks import members
from bench.report.charts.specs import lines, quantitative

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

BATCH_SIZE = "batch size (samples)"
#: What tells the groups of lines apart, and how the page calls it.
PICKED = {"workload": "Workload", "device": "Device", "loader": "Batches from"}
QUANTITIES = (
    Quantity("seconds per epoch", "seconds", "low", "high", "s"),
    Quantity("samples per second", "rate", "rate_low", "rate_high", ""),
    Quantity("seconds per step", "step", "step_low", "step_high", "s"),
)


def speed_chart(rows: pd.DataFrame, shown: Collection[str]) -> Chart:
    """Draw the time of an epoch, and what follows from it, against the batch size.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases, with ``low`` and ``high`` (``bench.analyze.intervals``).
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
    looks = members(zip(rows["kernel"], rows["backend"].astype(str), strict=True), shown)
    fields = ["kernel", *PICKED, "batch_size"]
    numbers = [name for one in QUANTITIES for name in (one.value, one.low, one.high)]
    told = {"kernel": "kernel", "batch_size": "batch size", "text": "95% interval"}
    along = quantitative("batch_size", BATCH_SIZE)
    return Chart(
        id="speed-chart",
        title="Time and throughput against the batch size",
        caption=(
            "A line a kernel, a colour a library; the bars are 95% intervals, mostly shorter "
            "than the marks. Where the seconds of an epoch fall, a step costs the same however "
            "many samples it holds; where they are level, it is the samples that cost."
        ),
        columns=packed(drawn[[*fields, *numbers]]),
        panels=(lines(along, "kernel", looks, told, "Speed against batch size"),),
        tabulated={name: name.replace("_", " ") for name in fields},
        quantities=QUANTITIES,
        choices=picks(rows),
        series="kernel",
        members=looks,
        scales={"x": "Horizontal axis", "y": "Vertical axis"},
    )


def picks(rows: pd.DataFrame, fields: Collection[str] = tuple(PICKED)) -> tuple[Choice, ...]:
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
            found.append(Choice(field, PICKED.get(field, field), options, first))
    return tuple(found)
