"""The roofline: every case under the ceilings of its device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.report import units
from bench.report.charts.chart import Chart, Quantity, packed
from bench.report.charts.looks import encoded, members
from bench.report.charts.specs import framed, quantitative, tooltip, upright
from bench.report.charts.speed import picks
from bench.report.roofline_figure import LEFT_MARGIN, RIGHT_MARGIN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bench.analyze.ceilings import Ceilings
    from bench.analyze.efficiency import Efficiency
    from bench.report.charts.chart import Member

QUANTITY = Quantity("flops per second", "rate", "rate_low", "rate_high", "")
TOLD = {
    "kernel": "kernel",
    "size": "size",
    "text": "flops per second (95% interval)",
    "share": "share of the roof",
    "bound": "bound by",
}
#: How much further to the right the name of the next ceiling stands.
NAME_APART = 6.0


def roofline_chart(found: Efficiency, shown: Collection[str]) -> Chart:
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
    points = pd.DataFrame(
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
        for case in dict.fromkeys(points.loc[points["device"] == device, "case"])
        for row in _roof(roof, points[points["device"] == device]["intensity"])
    ]
    table = pd.concat([points, pd.DataFrame(roofs)], ignore_index=True)
    pairs = zip(cases["kernel"], cases["backend"].astype(str), strict=True)
    looks = members(pairs, shown)
    return Chart(
        id="roofline-chart",
        title="Under the roofs of this machine",
        caption=(
            "Grey lines: what the triad and the matrix product reached here. A case far below "
            "its roof is held up by something else: dispatch, launches, or its own last result."
        ),
        columns=packed(table),
        panels=(_picture(looks),),
        tabulated={name: title for name, title in TOLD.items() if name != "text"},
        quantities=(QUANTITY,),
        choices=picks(points, ("device", "case")),
        series="kernel",
        members=looks,
    )


def _size(row: pd.Series) -> str:
    if pd.notna(row.get("batch_size")):
        return f"B={row['batch_size']:g}"
    return f"{units.count(row['n_parameters'])} parameters"


def _roof(roof: Ceilings, intensities: pd.Series) -> Iterator[dict[str, Any]]:
    """Yield the corners of each ceiling: of every level up to the ridge, and beyond it."""
    peak = roof.flops_per_second
    levels: dict[float, list[str]] = {}
    for level, rate in roof.levels().items():
        levels.setdefault(rate, []).append(level)
    least = float(intensities.min()) / LEFT_MARGIN
    most = max(float(intensities.max()), peak / min(levels)) * RIGHT_MARGIN
    for number, (rate, names) in enumerate(levels.items()):
        name = f"{', '.join(names)}: {units.engineering(rate, 'B/s')}"
        named = least * NAME_APART**number  # beside one another, not on top
        for at in sorted({least, named, peak / rate, most}):
            label = name if at == named else None
            yield {"roof": name, "label": label, "intensity": at, "rate": min(peak, rate * at)}


def _picture(looks: tuple[Member, ...]) -> dict[str, Any]:
    x = quantitative("intensity", "flops per byte")
    y = quantitative("value", "", unit="")
    look = encoded("kernel", looks)
    cases = [{"filter": "isValid(datum.kernel)"}]
    return framed(
        [
            {
                "transform": [{"filter": "isValid(datum.roof)"}],
                "mark": {"type": "line", "color": "#888", "strokeWidth": 1.2, "aria": False},
                "encoding": {"x": x, "y": y, "detail": {"field": "roof"}},
            },
            {
                "transform": [{"filter": "isValid(datum.label)"}],
                "mark": {"type": "text", "align": "left", "dx": 4, "dy": -7, "aria": False},
                "encoding": {"x": x, "y": y, "text": {"field": "label"}},
            },
            {
                "transform": cases,
                **upright(x, y, look["color"]),
            },
            {
                "transform": cases,
                "mark": {"type": "point", "filled": True, "size": 40, "opacity": 0.85},
                "encoding": {"x": x, "y": y, **look, "tooltip": tooltip(TOLD)},
            },
        ],
        "Roofline",
    )
