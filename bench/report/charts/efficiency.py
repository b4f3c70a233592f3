"""Where the time of an epoch goes, the roofline, and peak memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from bench.advise import memory_cost
from bench.advise.bounds import Efficiency
from bench.advise.contenders import rung_names
from bench.advise.roofline import Ceilings
from bench.report import numbers
from bench.report.charts import chart
from bench.report.run_tables import PHASES
from bench.report.terminal import TITLES

# Where the time of an epoch goes: a bar a kernel, a part a phase.


NO_PHASES = "No phases were measured: they come with epochs of kernels that go step by step."
SHARES = (
    chart.Quantity("percent of an epoch", "percent", "", "", "%", log=False, prefixed=False),
    chart.Quantity("seconds of an epoch", "part", "", "", "s", log=False),
)
#: None is black, which hides what is next to it.
OF_PHASES = zip(PHASES, (*chart.COLOURS[1:6], "#999999"), strict=True)
PARTS = chart.Layer(
    "bar",
    by=(chart.COLOUR,),
    order="order",
    tooltip={"rung": "kernel", "phase": "phase", "text": "share or time"},
)
PHASE_KEY = chart.Key(
    "phase", tuple(chart.Member(phase, "", colour) for phase, colour in OF_PHASES)
)
PHASE_BARS = chart.Panel(
    "Phases of an epoch by kernel",
    chart.Axis(kind="stack"),
    chart.Axis("rung", kind="names", order="seconds", descending=True),
    (PARTS,),
)


def phases_chart(rows: pd.DataFrame) -> chart.Chart:
    """Draw the phases of the kernels that go step by step.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases.

    Raises
    ------
    NothingToDrawError
        When the run holds no phases.
    """
    rows = rows[rows["phases"].notna()] if "phases" in rows else rows.iloc[0:0]
    if rows.empty:
        raise chart.NothingToDrawError(NO_PHASES)
    rows = rows.assign(rung=rung_names(rows)).sort_values("seconds", ascending=False)
    sizes = tuple(sorted({int(size) for size in rows["batch_size"]}))
    return chart.Chart(
        id="phases-chart",
        title="Data, forward, backward, update, waiting",
        caption=(
            "From a pass of its own with the clock between the phases, so the parts may "
            "differ from the time of an epoch; kernels that do all in one call show one part."
        ),
        rows=pd.DataFrame([part for _, row in rows.iterrows() for part in _parts(row)]),
        panels=(PHASE_BARS,),
        tabulated={"rung": "kernel", "phase": "phase"},
        quantities=SHARES,
        choices=(
            *chart.picks(rows, ("workload", "device")),
            chart.Choice("batch_size", "Batch size", sizes, sizes[0]),
        ),
        key=PHASE_KEY,
    )


def _parts(row: pd.Series) -> Iterator[dict[str, Any]]:
    fields = ("workload", "device", "rung", "batch_size", "seconds")
    for phase, seconds in row["phases"].items():
        if phase in PHASES and seconds is not None:
            yield {
                **{name: row[name] for name in fields},
                "phase": phase,
                "order": PHASES.index(phase),
                "part": seconds,
                "percent": 100 * seconds / float(row["phases_total"]),
            }


# The roofline: every case under the ceilings of its device, flops per second against flops
# per byte.


RATE = chart.Quantity("flops per second", "rate", "rate_low", "rate_high", "")
TOOLTIP = {
    "kernel": "kernel",
    "size": "size",
    "text": "flops per second (95% interval)",
    "share": "share of the roof",
    "bound": "bound by",
}
CASES, ROOFS, NAMES = chart.Only("kernel"), chart.Only("roof"), chart.Only("label")
ROOFLINE = chart.Panel(
    "Roofline",
    chart.Axis("intensity", "flops per byte"),
    chart.UPWARDS,
    (
        chart.Layer("line", group="roof", only=ROOFS, size=1.2, colour="#888"),
        chart.Layer("text", text="label", only=NAMES),
        replace(chart.INTERVAL, only=CASES),
        chart.points(TOOLTIP, 40, 0.85, only=CASES),
    ),
)
#: Ceilings reach so many times beyond the intensities that there are: to the left there has
#: to be room for their names, each so much further to the right than the last.
LEFT_MARGIN, RIGHT_MARGIN, NAME_APART = 12.0, 3.0, 6.0


def roofline_chart(
    efficiency: Efficiency, table: pd.DataFrame, shown: Collection[str] | None = None
) -> chart.Chart:
    """Draw the cases of a run under its roofs.

    Parameters
    ----------
    table : DataFrame
        Cases of the run with ``low`` and ``high``, by ``name``.
    shown : collection of str or None
        Kernels that are drawn from the start; None for all.
    """
    cases = efficiency.cases.merge(table[["name", "low", "high"]], on="name", how="left")
    flops = cases["flops"].astype(float)
    ends = {"rate": "seconds", "rate_low": "high", "rate_high": "low"}
    drawn = pd.DataFrame(
        {
            **{name: cases[name] for name in ("device", "case", "kernel")},
            "size": [_size(row) for _, row in cases.iterrows()],
            "intensity": cases["intensity"],
            **{name: flops / cases[end] for name, end in ends.items()},
            "share": [f"{100 * share:.2g}%" for share in cases["roof_share"]],
            "bound": [str(getattr(bound, "value", bound)) for bound in cases["bound"]],
        }
    )
    roofs = [
        {"device": device, "case": case, **corner}
        for device, roof in efficiency.roofs.items()
        for case in dict.fromkeys(drawn.loc[drawn["device"] == device, "case"])
        for corner in _roof(roof, drawn[drawn["device"] == device]["intensity"])
    ]
    return chart.Chart(
        id="roofline-chart",
        title="Under the roofs of this machine",
        caption=(
            "Grey lines: what the triad and the matrix product reached here. A case far below "
            "its roof is held up by something else: dispatch, launches, or its own last result."
        ),
        rows=pd.concat([drawn, pd.DataFrame(roofs)], ignore_index=True),
        panels=(ROOFLINE,),
        tabulated={name: title for name, title in TOOLTIP.items() if name != "text"},
        quantities=(RATE,),
        choices=chart.picks(drawn, ("device", "case")),
        key=chart.kernels(cases, shown),
    )


def _size(row: pd.Series) -> str:
    if pd.notna(row.get("batch_size")):
        return f"B={row['batch_size']:g}"
    return f"{numbers.count(row['n_parameters'])} parameters"


def _roof(roof: Ceilings, intensities: pd.Series) -> Iterator[dict[str, Any]]:
    """Yield the corners of each ceiling: of every level up to the ridge, and beyond it."""
    peak = roof.flops_per_second
    levels: dict[float, list[str]] = {}
    for level, rate in roof.levels().items():
        levels.setdefault(rate, []).append(level)
    least = float(intensities.min()) / LEFT_MARGIN
    most = max(float(intensities.max()), peak / min(levels)) * RIGHT_MARGIN
    for number, (rate, names) in enumerate(levels.items()):
        name = f"{', '.join(names)}: {numbers.engineering(rate, 'B/s')}"
        named = least * NAME_APART**number  # beside one another, not on top
        for at in sorted({least, named, peak / rate, most}):
            label = name if at == named else None
            yield {"roof": name, "label": label, "intensity": at, "rate": min(peak, rate * at)}


# Peak memory against the batch size.


NO_MEMORY = (
    "Memory was not measured in this run. It takes processes of their own: "
    "python -m bench run --cases epoch measures it."
)


def memory_chart(table: pd.DataFrame, shown: Collection[str] | None = None) -> chart.Chart:
    """Draw the peaks of the memory pass.

    Parameters
    ----------
    table : DataFrame
        Cases of a run.
    shown : collection of str or None
        Kernels that are drawn from the start; None for all.

    Raises
    ------
    NothingToDrawError
        When memory was not measured.
    """
    peaks = table.get("memory", ())
    measured = [isinstance(one, dict) and any(map(one.get, TITLES)) for one in peaks]
    if not any(measured):
        raise chart.NothingToDrawError(NO_MEMORY)
    rows = pd.DataFrame([_peaks(row) for _, row in table[measured].iterrows()])
    tooltip = {"kernel": "kernel", "batch_size": "batch size", "text": "bytes"}
    upwards = replace(chart.UPWARDS, noisy=True)
    return chart.Chart(
        id="memory-chart",
        title="Peak memory against the batch size",
        caption=(
            "Each from a process of its own. The bars are as wide as the kernel's own way of "
            "counting pages is coarse; what is below that is noise."
        ),
        rows=rows,
        panels=(chart.lines(chart.SIZES, tooltip, "Memory against the batch size", upwards),),
        tabulated={"kernel": "kernel", "batch_size": "batch size"},
        quantities=tuple(
            chart.Quantity(label, name, f"{name}_low", f"{name}_high", "B", log=False)
            for name, label in TITLES.items()
            if rows[name].notna().any()
        ),
        choices=chart.picks(rows, ("workload", "device")),
        key=chart.kernels(rows, shown),
        scales={"x": chart.BOTH_SCALES["x"]},
    )


def _peaks(row: pd.Series) -> dict[str, Any]:
    """Return one case's peaks, with the ends that the noise gives them."""
    peaks = {name: row[name] for name in ("workload", "device", "kernel", "batch_size")}
    peaks["backend"] = str(row.get("backend"))
    for name in TITLES:
        peak, noise = row["memory"].get(name), memory_cost.noise(row["memory"], name)
        peaks[name] = peak
        peaks[f"{name}_low"] = None if peak is None else max(peak - noise, 0)
        peaks[f"{name}_high"] = None if peak is None else peak + noise
    return peaks
