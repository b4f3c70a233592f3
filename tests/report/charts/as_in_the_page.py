"""What the page's script does with a chart before Vega draws it, and what Vega then draws."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pandas as pd
import vl_convert

from bench.report.charts.vega import document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.report.charts.chart import Chart

WIDTH = 500


def unpacked(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Read columns as the page's script does."""
    table: pd.DataFrame = pd.DataFrame(
        {
            name: told
            if isinstance(told, list)
            else [told["names"][code] if code >= 0 else None for code in told["codes"]]
            for name, told in columns.items()
        }
    )
    return table


def chosen(
    chart: Chart, quantity: int = 0, picked: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return the rows that the page hands to Vega, with every member switched on."""
    rows = unpacked(document(chart)["columns"])
    for choice in chart.choices:
        value = (picked or {}).get(choice.field, choice.selected)
        rows = rows[[_text(own) == str(value) for own in rows[choice.field]]]
    drawn = chart.quantities[quantity]
    rows = rows[rows[drawn.value].notna()]
    rows = rows.assign(value=rows[drawn.value])
    for end, source in (("low", drawn.low), ("high", drawn.high)):
        rows[end] = rows[source].fillna(rows["value"]) if source else rows["value"]
    rows = rows.astype(object)
    return list(rows.where(rows.notna(), None).to_dict("records"))


def _text(value: Any) -> Any:
    return f"{value:g}" if isinstance(value, (int, float)) else value


def specification(
    chart: Chart, panel: int, rows: list[dict[str, Any]], quantity: int = 0
) -> dict[str, Any]:
    """Return what the page hands to Vega-Lite."""
    spec: dict[str, Any] = copy.deepcopy(document(chart)["panels"][panel])
    spec |= {"data": {"values": rows}, "width": WIDTH}
    if isinstance(spec["height"], dict):
        names = {row[spec["encoding"]["y"]["field"]] for row in rows}
        spec["height"] = spec["height"]["step"] * len(names)
    for layer in spec["layer"]:
        for channel in ("x", "y"):
            own = layer["encoding"].get(channel) or {}
            of_quantity = own.get("field") in {"value", "low", "high", "band_low"}
            linear = of_quantity and not chart.quantities[quantity].log
            if linear and own["scale"].get("type") == "log":
                own["scale"] = {"type": "linear", "zero": False, "nice": True}
    return spec


def marks(spec: Mapping[str, Any]) -> dict[int, list[list[dict[str, Any]]]]:
    """Return what Vega draws: by the number of the layer its marks, each a list of items."""
    drawn: dict[int, list[list[dict[str, Any]]]] = {}
    scene = vl_convert.vegalite_to_scenegraph(dict(spec))
    for node in _nodes(scene.get("scenegraph", scene)):
        name = str(node.get("name"))
        if name.startswith("layer_") and name.endswith("_marks"):
            drawn.setdefault(int(name.split("_")[1]), []).append(node["items"])
    return drawn


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for item in node.get("items", ()):
        yield from _nodes(item)
