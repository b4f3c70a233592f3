"""Draws charts for the page: rows in columns, and Vega-Lite specifications without data."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import pandas as pd

from bench.report.charts.chart import SHAPE, Axis, Chart, Key, Layer, Only, Panel

Spec = dict[str, Any]

#: Digits of a number in the page; those that are shown follow from its interval.
DIGITS = 6
#: Of a picture, and of a row of names, in pixels.
HEIGHT, ROW_HEIGHT = 340, 19
#: What answers the pointer, and is read aloud.
SPOKEN = ("point", "ring", "bar")
#: Vega-Lite's marks, where they are called otherwise.
TYPES = {"ring": "point", "interval": "rule", "span": "rule"}
ABOVE: Spec = {"align": "left", "dx": 4, "dy": -7}
#: Along an upright rule.
BESIDE: Spec = {"angle": 270, "align": "right", "baseline": "bottom", "dx": -2, "dy": -3}
#: Of a run at noon every day: the day, not noon.
WHEN = (
    "utcFormat(datum.value, utchours(datum.value) + utcminutes(datum.value) > 0"
    " ? '%b %d %H:%M' : utcmonth(datum.value) + utcdate(datum.value) > 1 ? '%b %d' : '%Y')"
)


def document(chart: Chart) -> Spec:
    """Return what the page's script has to know of a chart."""
    return {
        "id": chart.id,
        "columns": packed(chart.rows),
        "history": chart.history,
        "panels": [specification(panel, chart.key) for panel in chart.panels],
        "tabulated": chart.tabulated,
        "quantities": [asdict(quantity) for quantity in chart.quantities],
        "series": chart.series if len(chart.members) > 1 else None,
    }


def packed(rows: pd.DataFrame) -> Spec:
    """Write a table column by column, as short as JSON gets.

    Returns
    -------
    dict
        For each column a list of numbers, of at most six digits, None where there is none;
        text as ``{"names": …, "codes": …}``, with the code -1 where there is none.
    """
    return {str(name): _column(list(rows[name])) for name in rows}


def _column(values: list[Any]) -> Any:
    if any(isinstance(value, str) for value in values):
        names = list(dict.fromkeys(value for value in values if isinstance(value, str)))
        places = {name: number for number, name in enumerate(names)}
        return {"names": names, "codes": [places.get(value, -1) for value in values]}
    return [rounded(value) for value in values]


def rounded(value: Any) -> float | int | None:
    """Round a number to `DIGITS`; None for what is none, and for what is not finite."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    short = float(f"{number:.{DIGITS}g}")
    return int(short) if short.is_integer() and abs(short) < 10**DIGITS else short


def specification(panel: Panel, key: Key | None) -> Spec:
    """Return the Vega-Lite specification of a panel.

    Parameters
    ----------
    key : Key or None
        Of its chart.

    Returns
    -------
    dict
        As wide as its place, and where there is a row for each name, as high as these; the
        rows have ``value``, ``low`` and ``high`` of the chosen quantity.
    """
    spec: Spec = {
        "width": "container",
        "height": HEIGHT,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "description": panel.description,
        "layer": [_layer(layer, panel, key) for layer in panel.layers],
    }
    if panel.y.kind == "names":
        spec |= {"height": {"step": ROW_HEIGHT}, "encoding": {"y": _axis(panel.y)}}
    return spec


def _layer(layer: Layer, panel: Panel, key: Key | None) -> Spec:
    spec: Spec = {"mark": _mark(layer), "encoding": _encoding(layer, panel, key)}
    if layer.only is None:
        return spec
    return {"transform": [{"filter": expression(layer.only)}], **spec}


def expression(only: Only) -> str:
    """Write which rows are drawn as Vega's expression."""
    name = f"datum.{only.field}"
    if not only.among:
        return f"isValid({name})"
    values = (json.dumps(value).replace('"', "'") for value in only.among)
    return " || ".join(name if value == "true" else f"{name} === {value}" for value in values)


def _mark(layer: Layer) -> Spec:
    kind = TYPES.get(layer.mark, layer.mark)
    mark: Spec = {"type": kind}
    size: Any = layer.size
    if layer.mark == "ring":
        mark |= {"strokeWidth": 2, "shape": "circle"}
    elif kind == "point":
        mark = {"type": kind, "filled": True} if SHAPE in layer.by else {"type": "circle"}
    if layer.crowd is not None:
        few = f"{expression(layer.crowd.but)} || length(data('source_0')) < {layer.crowd.most}"
        size = {"expr": f"{few} ? {size} : {layer.crowd.size:g}"}
    given = {
        "size" if kind == "point" else "strokeWidth": size,
        "opacity": layer.opacity,
        "color": layer.colour or None,
        "strokeDash": list(layer.dash) or None,
        "aria": None if layer.mark in SPOKEN else False,
    }
    if layer.mark == "text":
        mark |= BESIDE if layer.across else ABOVE
    return mark | {name: value for name, value in given.items() if value is not None}


def _position(layer: Layer, panel: Panel) -> Spec:
    encoding: Spec = {}
    for name, axis in (("x", panel.x), ("y", panel.y)):
        own, end = getattr(layer, name), getattr(layer, f"{name}2")
        if layer.across and layer.across != name:
            if layer.mark == "text":
                encoding[name] = {"value": 0}
            elif axis.kind == "names":
                encoding[name] = None
        elif layer.at is not None:
            encoding[name] = {"datum": layer.at, "type": "quantitative"}
        elif axis.kind != "names":
            encoding[name] = _axis(axis) | ({"field": own} if own else {})
            if end:
                encoding[f"{name}2"] = {"field": end}
            elif layer.mark == "span":
                encoding[name] |= {"aggregate": "min"}
                encoding[f"{name}2"] = {"field": axis.field, "aggregate": "max"}
    return encoding


def _encoding(layer: Layer, panel: Panel, key: Key | None) -> Spec:
    encoding = _position(layer, panel)
    if key is not None:
        encoding |= {channel: _channel(channel, key, panel) for channel in layer.by}
    others = {"text": layer.text, "detail": layer.group, "order": layer.order}
    encoding |= {channel: {"field": name} for channel, name in others.items() if name}
    if layer.tooltip:
        told = layer.tooltip.items()
        encoding["tooltip"] = [{"field": name, "title": title} for name, title in told]
    return encoding


def _channel(channel: str, key: Key, panel: Panel) -> Spec:
    """Return the encoding of colour, shape or dashes."""
    if not key.members:
        shades: Spec = {"field": key.field, "type": "ordinal", "title": key.title}
        shades["scale"] = {"scheme": "viridis"}
        return {**shades, "legend": {"format": "~s"}} if key.prefixed else shades
    looks = {"color": "colour", "shape": "shape", "strokeDash": "dash"}
    legend: Spec | None = None
    if not key.switched:
        drawn = any(layer.mark == "line" and layer.by for layer in panel.layers)
        legend = {"title": None, "symbolType": "stroke"} if drawn else {"title": None}
    scale = {
        "domain": [member.name for member in key.members],
        "range": [getattr(member, looks[channel]) for member in key.members],
    }
    return {"field": key.field, "type": "nominal", "scale": scale, "legend": legend}


def _axis(axis: Axis) -> Spec:
    """Return the encoding of an axis; the page writes the chosen quantity's label and unit."""
    if axis.kind == "names":
        order = {"op": "max", "order": "descending"} if axis.descending else {"op": "min"}
        return {
            "field": axis.field,
            "type": "nominal",
            "title": None,
            "sort": {"field": axis.order, **order},
            "axis": {"labelLimit": 190, "grid": True, "ticks": False, "domain": False},
        }
    axes: Spec = {"grid": True, "labelOverlap": True}
    numbers: Spec = {"type": "quantitative", "title": axis.title}
    scale: Spec = {"type": "linear", "zero": False, "padding": 10}
    if axis.kind == "stack":
        axes, scale = {"grid": True, "labelExpr": ""}, {"nice": False}
        numbers["stack"] = "zero"
    elif axis.kind == "time":
        axes["labelExpr"], scale = WHEN, {"type": "utc", "padding": 10}
        numbers["type"] = "temporal"
    elif axis.zero:
        scale = {"type": "linear"}
    elif axis.log:
        scale = {"type": "log", "nice": False, "padding": 10}
    if axis.unit is not None:
        axes["labelExpr"] = f"format(datum.value, '~s') + '{axis.unit}'"
    return {"field": axis.field, **numbers, "axis": axes, "scale": scale}
