"""Where the time of an epoch goes, the roofline, and peak memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.advise import memory_cost
from bench.advise.ladder import rung_names
from bench.report import numbers
from bench.report.charts import chart
from bench.report.charts.speed import BATCH_SIZE, picks
from bench.report.figures.efficiency import LEFT_MARGIN, RIGHT_MARGIN
from bench.report.figures.style import COLOURS
from bench.report.run_tables import PHASES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bench.advise.bounds import Efficiency
    from bench.advise.roofline import Ceilings
    from bench.report.charts.chart import Member

# Where the time of an epoch goes: a bar a kernel, a part a phase.


PHASE_QUANTITIES = (
    chart.Quantity("percent of an epoch", "percent", "", "", "%", log=False, prefixed=False),
    chart.Quantity("seconds of an epoch", "part", "", "", "s", log=False),
)


def phases_chart(rows: pd.DataFrame) -> chart.Chart | None:
    """Draw the phases of the kernels that go step by step.

    Parameters
    ----------
    rows : DataFrame
        ``epoch`` cases.

    Returns
    -------
    Chart or None
        None where the run holds no phases.
    """
    told = rows[rows["phases"].notna()] if "phases" in rows else rows.iloc[0:0]
    if told.empty:
        return None
    told = told.assign(rung=rung_names(told)).sort_values("seconds", ascending=False)
    table = pd.DataFrame([part for _, row in told.iterrows() for part in _parts(row)])
    sizes = tuple(sorted({int(size) for size in told["batch_size"]}))
    return chart.Chart(
        id="phases-chart",
        title="Data, forward, backward, update, waiting",
        caption=(
            "From a pass of its own with the clock between the phases, so the parts may "
            "differ from the time of an epoch; kernels that do all in one call show one part."
        ),
        columns=chart.packed(table),
        panels=(_phase_picture(),),
        tabulated={"rung": "kernel", "phase": "phase"},
        quantities=PHASE_QUANTITIES,
        choices=(
            *picks(told, ("workload", "device")),
            chart.Choice("batch_size", "Batch size", sizes, sizes[0]),
        ),
    )


def _parts(row: pd.Series) -> list[dict[str, Any]]:
    total = float(row["phases_total"])
    shared = {name: row[name] for name in ("workload", "device", "rung", "batch_size")}
    return [
        {
            **shared,
            "seconds": row["seconds"],
            "phase": phase,
            "order": PHASES.index(phase),
            "part": seconds,
            "percent": 100 * seconds / total,
        }
        for phase, seconds in row["phases"].items()
        if phase in PHASES and seconds is not None
    ]


def _phase_picture() -> dict[str, Any]:
    x = {
        "field": "value",
        "type": "quantitative",
        "title": "",
        "axis": {"grid": True, "labelExpr": ""},
        "scale": {"nice": False},
        "stack": "zero",
    }
    colour = {
        "field": "phase",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(PHASES), "range": [*COLOURS[1:6], "#999999"]},
    }
    order = {"field": "seconds", "op": "max", "order": "descending"}
    told = chart.tooltip({"rung": "kernel", "phase": "phase", "text": "share or time"})
    parts = {"x": x, "color": colour, "order": {"field": "order"}, "tooltip": told}
    bars = chart.layer({"type": "bar"}, parts)
    row = {**chart.ranked("rung", "seconds"), "sort": order}
    return chart.stepped(row, [bars], "Phases of an epoch by kernel")


# The roofline: every case under the ceilings of its device.


QUANTITY = chart.Quantity("flops per second", "rate", "rate_low", "rate_high", "")
TOLD = {
    "kernel": "kernel",
    "size": "size",
    "text": "flops per second (95% interval)",
    "share": "share of the roof",
    "bound": "bound by",
}
#: How much further to the right the name of the next ceiling stands.
NAME_APART = 6.0


def roofline_chart(found: Efficiency, shown: Collection[str]) -> chart.Chart:
    """Draw the cases of a run under its roofs.

    Parameters
    ----------
    found : Efficiency
        Of which the cases have ``low`` and ``high``.
    shown : collection of str
        Kernels that are drawn from the start.

    Returns
    -------
    Chart
    """
    cases = found.cases
    flops = cases["flops"].astype(float)
    drawn = pd.DataFrame(
        {
            "device": cases["device"],
            "case": cases["case"],
            "kernel": cases["kernel"],
            "size": [_size(row) for _, row in cases.iterrows()],
            "intensity": cases["intensity"],
            "rate": flops / cases["seconds"],
            "rate_low": flops / cases["high"],
            "rate_high": flops / cases["low"],
            "share": [f"{100 * share:.2g}%" for share in cases["roof_share"]],
            "bound": [str(getattr(one, "value", one)) for one in cases["bound"]],
        }
    )
    roofs = [
        {"device": device, "case": case, **row}
        for device, roof in found.roofs.items()
        for case in dict.fromkeys(drawn.loc[drawn["device"] == device, "case"])
        for row in _roof(roof, drawn[drawn["device"] == device]["intensity"])
    ]
    table = pd.concat([drawn, pd.DataFrame(roofs)], ignore_index=True)
    pairs = zip(cases["kernel"], cases["backend"].astype(str), strict=True)
    looks = chart.members(pairs, shown)
    return chart.Chart(
        id="roofline-chart",
        title="Under the roofs of this machine",
        caption=(
            "Grey lines: what the triad and the matrix product reached here. A case far below "
            "its roof is held up by something else: dispatch, launches, or its own last result."
        ),
        columns=chart.packed(table),
        panels=(_picture(looks),),
        tabulated={name: title for name, title in TOLD.items() if name != "text"},
        quantities=(QUANTITY,),
        choices=picks(drawn, ("device", "case")),
        series="kernel",
        members=looks,
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


def _picture(looks: tuple[Member, ...]) -> dict[str, Any]:
    x = chart.quantitative("intensity", "flops per byte")
    y = chart.quantitative("value", "", unit="")
    look = chart.encoded("kernel", looks)
    kernels = "isValid(datum.kernel)"
    roof = {"type": "line", "color": "#888", "strokeWidth": 1.2, "aria": False}
    name = {"type": "text", "align": "left", "dx": 4, "dy": -7, "aria": False}
    told = {"x": x, "y": y, **look, "tooltip": chart.tooltip(TOLD)}
    layers = [
        chart.layer(roof, {"x": x, "y": y, "detail": {"field": "roof"}}, "isValid(datum.roof)"),
        chart.layer(name, {"x": x, "y": y, "text": {"field": "label"}}, "isValid(datum.label)"),
        {"transform": [{"filter": kernels}], **chart.upright(x, y, look["color"])},
        chart.layer(chart.points(40, 0.85), told, kernels),
    ]
    return chart.framed(layers, "Roofline")


# Peak memory against the batch size.


QUANTITIES = {
    memory_cost.HOST: "host memory beside the data, at most",
    memory_cost.ALLOCATOR: "GPU memory given out by the library, at most",
    memory_cost.DEVICE: "GPU memory taken, pools included",
}


def memory_chart(table: pd.DataFrame, shown: Collection[str]) -> chart.Chart | None:
    """Draw the peaks of the memory pass.

    Parameters
    ----------
    table : DataFrame
        Cases of a run.
    shown : collection of str
        Kernels that are drawn from the start.

    Returns
    -------
    Chart or None
        None where memory was not measured.
    """
    if "memory" not in table:
        return None
    told = table[[_tells(one) for one in table["memory"]]]
    if told.empty:
        return None
    rows = pd.DataFrame([_row(row) for _, row in told.iterrows()])
    known = [name for name in QUANTITIES if rows[name].notna().any()]
    looks = chart.members(zip(rows["kernel"], rows["backend"], strict=True), shown)
    along = chart.quantitative("batch_size", BATCH_SIZE)
    under = {"kernel": "kernel", "batch_size": "batch size", "text": "bytes"}
    return chart.Chart(
        id="memory-chart",
        title="Peak memory against the batch size",
        caption=(
            "Each from a process of its own. The bars are as wide as the kernel's own way of "
            "counting pages is coarse; what is below that is noise."
        ),
        columns=chart.packed(rows),
        panels=(chart.lines(along, "kernel", looks, under, "Memory against the batch size"),),
        tabulated={"kernel": "kernel", "batch_size": "batch size"},
        quantities=tuple(
            chart.Quantity(
                QUANTITIES[name], name, f"{name}_low", f"{name}_high", "B", log=False
            )
            for name in known
        ),
        choices=picks(rows, ("workload", "device")),
        series="kernel",
        members=looks,
        scales={"x": "Horizontal axis"},
    )


def _tells(told: Any) -> bool:
    """Say whether the memory pass of a case gave any peak."""
    return isinstance(told, dict) and any(told.get(name) for name in QUANTITIES)


def _row(row: pd.Series) -> dict[str, Any]:
    """Return one case's peaks, with the ends that the noise gives them."""
    told = row["memory"]
    found = {name: row[name] for name in ("workload", "device", "kernel", "batch_size")}
    found["backend"] = str(row.get("backend"))
    for name in QUANTITIES:
        peak, off = told.get(name), memory_cost.noise(told, name)
        found[name] = peak
        found[f"{name}_low"] = None if peak is None else max(peak - off, 0)
        found[f"{name}_high"] = None if peak is None else peak + off
    return found
