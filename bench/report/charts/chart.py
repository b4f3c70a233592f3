"""What a chart of the page is made of: rows, a picture of them, looks, shared parts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from matplotlib import colormaps
from matplotlib.colors import to_hex

from bench.report.figures.style import COLOURS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd

    Spec = dict[str, Any]

# What a chart of the page is made of: rows, a picture of them, and what can be switched.


#: Digits of a number in the page; those that are shown follow from its interval.
DIGITS = 6


@dataclass(frozen=True)
class Choice:
    """A list from which the reader picks which rows are drawn.

    Attributes
    ----------
    field : str
        Of the rows.
    label : str
    options : tuple of str or float
        Values of the field.
    selected : str or float
    """

    field: str
    label: str
    options: tuple[Any, ...]
    selected: Any


@dataclass(frozen=True)
class Quantity:
    """What is drawn upwards.

    Attributes
    ----------
    label : str
        On the switch and the axis.
    value, low, high : str
        Fields of the rows: the number, and the ends of its interval (null where unknown).
    unit : str
        Behind the prefix; empty for a plain number.
    log : bool
        Whether a logarithmic axis suits it.
    prefixed : bool
        Whether it is written with prefixes, such as k and µ.
    """

    label: str
    value: str
    low: str
    high: str
    unit: str
    log: bool = True
    prefixed: bool = True


@dataclass(frozen=True)
class Member:
    """One series: its name and how it looks.

    Attributes
    ----------
    name, group : str
        A kernel, and its backend.
    colour : str
    shape : str
        Of Vega's symbols.
    dash : tuple of int
    shown : bool
        From the start.
    """

    name: str
    group: str
    colour: str
    shape: str
    dash: tuple[int, ...]
    shown: bool = True


@dataclass(frozen=True)
class Chart:
    """A chart of the page.

    Attributes
    ----------
    id : str
    title : str
        What it shows, in a few words.
    caption : str
        How to read it, in a sentence or two.
    columns : mapping of str to list
        The rows, from `packed`.
    panels : tuple of dict
        Vega-Lite specifications without data, side by side. They draw ``value``, ``low`` and
        ``high`` of the chosen quantity and the rows' other fields.
    tabulated : mapping of str to str
        Fields and headings of the table of the same numbers.
    choices : tuple of Choice
    quantities : tuple of Quantity
        The first is drawn from the start.
    series : str or None
        The field whose values can be switched on and off.
    members : tuple of Member
    scales : mapping of str to str
        Channels whose axis can be switched between ``log`` and ``linear``, with a label.
    history : mapping or None
        In place of columns: every case over the runs, of which one is drawn at a time.
    """

    id: str
    title: str
    caption: str
    columns: Mapping[str, Any]
    panels: tuple[Spec, ...]
    tabulated: Mapping[str, str]
    quantities: tuple[Quantity, ...]
    choices: tuple[Choice, ...] = ()
    series: str | None = None
    members: tuple[Member, ...] = ()
    scales: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, Any] | None = None


def packed(rows: pd.DataFrame) -> dict[str, Any]:
    """Write a table column by column, as short as JSON gets.

    Parameters
    ----------
    rows : DataFrame

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


# How the series of the page's charts look: colours as in the figures, Vega's own shapes.


SHAPES = (
    *("circle", "square", "diamond", "triangle-up", "triangle-down", "cross"),
    *("triangle-right", "triangle-left"),
)
DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (6, 3), (2, 2), (8, 2, 2, 2))


def members(
    series: Iterable[tuple[str, str]], shown: Collection[str] | None = None
) -> tuple[Member, ...]:
    """Give every series a look of its own.

    Parameters
    ----------
    series : iterable of (str, str)
        Names with their groups; a group has a colour, a member of it a shape, and once the
        shapes are used up another dash.
    shown : collection of str or None
        Names that are drawn from the start; None for all.

    Returns
    -------
    tuple of Member
        Group by group.
    """
    groups: dict[str, list[str]] = {}
    for name, group in series:
        own = groups.setdefault(group, [])
        if name not in own:
            own.append(name)
    return tuple(
        Member(
            name=name,
            group=group,
            colour=COLOURS[number % len(COLOURS)],
            shape=SHAPES[place % len(SHAPES)],
            dash=DASHES[(place // len(SHAPES) + number // len(COLOURS)) % len(DASHES)],
            shown=shown is None or name in shown,
        )
        for number, (group, names) in enumerate(groups.items())
        for place, name in enumerate(names)
    )


def single(names: Sequence[str]) -> tuple[Member, ...]:
    """Give every series a colour of its own, in no group."""
    return tuple(
        Member(name, "", COLOURS[place % len(COLOURS)], "circle", DASHES[0])
        for place, name in enumerate(names)
    )


def ordered(names: Sequence[str], shown: Collection[str] | None = None) -> tuple[Member, ...]:
    """Give series that have an order the shades of a scale.

    Parameters
    ----------
    names : sequence of str
        Ascending.
    shown : collection of str or None
        Names that are drawn from the start; None for all.
    """
    shades = colormaps["viridis"].resampled(max(len(names), 2))
    return tuple(
        Member(
            name=name,
            group="",
            colour=to_hex(shades(place)),
            shape="circle",
            dash=DASHES[0],
            shown=shown is None or name in shown,
        )
        for place, name in enumerate(names)
    )


def encoded(field: str, looks: tuple[Member, ...]) -> dict[str, Spec]:
    """Return the encoding of colour and shape for a field whose values have these looks."""
    return {
        "color": _channel(field, looks, [one.colour for one in looks]),
        "shape": _channel(field, looks, [one.shape for one in looks]),
    }


def dashes(field: str, looks: tuple[Member, ...]) -> Spec:
    """Return the encoding of the dashes of lines."""
    return _channel(field, looks, [list(one.dash) for one in looks])


def _channel(field: str, looks: tuple[Member, ...], values: list[Any]) -> Spec:
    scale = {"domain": [one.name for one in looks], "range": values}
    return {"field": field, "type": "nominal", "scale": scale, "legend": None}


# Parts that the specifications of several charts share.


#: Of a picture, and of a row of names, in pixels.
HEIGHT, ROW_HEIGHT = 340, 19
INTERVAL = {"type": "rule", "strokeWidth": 1.5, "opacity": 0.55, "aria": False}


def layer(mark: Mapping[str, Any], encoding: Spec, only: str = "") -> Spec:
    """Return a layer of a picture.

    Parameters
    ----------
    mark : mapping
        What is drawn of each row: its ``type`` and looks.
    encoding : dict
    only : str
        Vega's expression for the rows that are drawn; empty for all.
    """
    spec: Spec = {"mark": mark, "encoding": encoding}
    return {"transform": [{"filter": only}], **spec} if only else spec


def points(size: float, opacity: float = 1) -> Spec:
    """Return the mark of filled points, of this size in square pixels."""
    return {"type": "point", "filled": True, "size": size, "opacity": opacity}


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
    way = {"x": x, "y": y, "color": look["color"], "strokeDash": dashes(series, looks)}
    path = layer({"type": "line", "strokeWidth": 1.4, "opacity": 0.85, "aria": False}, way)
    point = layer(points(46), {"x": x, "y": y, **look, "tooltip": tooltip(told)})
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
    return layer(INTERVAL, ends if colour is None else {**ends, "color": colour})


def level(x: Spec, colour: Spec | None = None) -> Spec:
    """Return a layer of intervals along their rows, from ``low`` to ``high``."""
    ends: Spec = {"x": {**x, "field": "low"}, "x2": {"field": "high"}}
    return layer(INTERVAL, ends if colour is None else {**ends, "color": colour})


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
