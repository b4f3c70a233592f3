"""Parts that the specifications of several charts share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.charts.looks import dashes, encoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.report.charts.chart import Member, Spec

#: Of a picture, and of a row of names, in pixels.
HEIGHT, ROW_HEIGHT = 340, 19
INTERVAL = {"type": "rule", "strokeWidth": 1.5, "opacity": 0.55, "aria": False}


def quantitative(
    field: str, title: str, *, log: bool = True, unit: str | None = None, grid: bool = True
) -> Spec:
    """Return the encoding of a number along an axis.

    Parameters
    ----------
    field : str
    title : str
        Of the axis; the page puts the chosen quantity's label where it is empty.
    log : bool
    unit : str or None
        Behind the prefixes of the axis; None for plain numbers.
    grid : bool
    """
    axis: Spec = {"grid": grid, "labelOverlap": True}
    if unit is not None:
        axis["labelExpr"] = f"format(datum.value, '~s') + '{unit}'"
    scale: Spec = {"type": "log", "nice": False} if log else {"type": "linear", "zero": False}
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "axis": axis,
        "scale": {**scale, "padding": 10},
    }


def ranked(field: str, place: str) -> Spec:
    """Return the encoding of names from top to bottom.

    Parameters
    ----------
    field : str
    place : str
        The field that they are ordered by, ascending.
    """
    return {
        "field": field,
        "type": "nominal",
        "title": None,
        "sort": {"field": place, "op": "min"},
        "axis": {"labelLimit": 190, "grid": True, "ticks": False, "domain": False},
    }


def tooltip(fields: Mapping[str, str]) -> list[Spec]:
    """Return what is shown under the pointer: fields with their headings."""
    return [{"field": field, "title": title} for field, title in fields.items()]


def lines(
    x: Spec, series: str, looks: tuple[Member, ...], told: Mapping[str, str], label: str
) -> Spec:
    """Draw a line with points and intervals for each series, ``value`` upwards.

    Parameters
    ----------
    x : dict
        Encoding of the axis along.
    series : str
        Field.
    looks : tuple of Member
    told : mapping of str to str
        Under the pointer.
    label : str
        What a screen reader says of the picture.
    """
    look = encoded(series, looks)
    y = quantitative("value", "", unit="")
    bar = upright(x, y, look["color"])
    path = {
        "mark": {"type": "line", "strokeWidth": 1.4, "opacity": 0.85, "aria": False},
        "encoding": {
            "x": x,
            "y": y,
            "color": look["color"],
            "strokeDash": dashes(series, looks),
        },
    }
    point = {
        "mark": {"type": "point", "filled": True, "size": 46, "opacity": 1},
        "encoding": {"x": x, "y": y, **look, "tooltip": tooltip(told)},
    }
    return framed([bar, path, point], label)


def upright(x: Spec, y: Spec, colour: Spec | None = None) -> Spec:
    """Return a layer of upright intervals, from ``low`` to ``high``.

    Parameters
    ----------
    x, y : dict
        Encodings of the axes.
    colour : dict or None
        Encoding.
    """
    ends: Spec = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}
    return {"mark": INTERVAL, "encoding": ends if colour is None else {**ends, "color": colour}}


def level(x: Spec, colour: Spec | None = None) -> Spec:
    """Return a layer of intervals along their rows, from ``low`` to ``high``."""
    ends: Spec = {"x": {**x, "field": "low"}, "x2": {"field": "high"}}
    return {"mark": INTERVAL, "encoding": ends if colour is None else {**ends, "color": colour}}


def stepped(y: Spec, layers: list[Spec], label: str) -> Spec:
    """Put layers into a picture with a row for each name.

    Parameters
    ----------
    y : dict
        Encoding of the names, from `ranked`.
    layers : list of dict
    label : str
        What a screen reader says of the picture.
    """
    return {**framed(layers, label), "height": {"step": ROW_HEIGHT}, "encoding": {"y": y}}


def framed(layers: list[Spec], label: str) -> Spec:
    """Put layers into a picture that is as wide as its place."""
    return {
        "width": "container",
        "height": HEIGHT,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "description": label,
        "layer": layers,
    }
