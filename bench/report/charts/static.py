"""Draws charts with matplotlib, for PNG and SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.report.charts import chart as model
from bench.report.charts.chart import (
    Axis,
    Chart,
    Key,
    Layer,
    Member,
    NothingToDrawError,
    Panel,
    Quantity,
)
from bench.report.numbers import one_line

Looks = dict[Any, Member]

#: In the order of ``SHAPES``.
MARKERS = dict(zip(model.SHAPES, "osD^vP><", strict=True))
PLAIN = Member("", "", "#333333")
BEHIND = "0.88"
#: Inches: a panel, one of several rows, a row of names, a name in the legend and beside a row.
WIDTH, HEIGHT, LOW, ROW, ENTRY, ASIDE = 5.2, 4.4, 3.0, 0.24, 0.18, 2.2
#: Names in a column of the legend.
LONGEST = 34
#: In points: sizes are given in pixels of a screen.
PIXEL = 0.75
#: A noisy axis is logarithmic beyond the noise where values reach so many times as far.
WIDE = 16
#: An axis of fewer times than the first has round numbers as ticks; than the second, 1, 2, 5.
NARROW, SHORT = 10, 1000


@dataclass(frozen=True)
class _Cell:
    """A panel as it is drawn once; others' lines stand behind it in grey."""

    panel: Panel
    quantity: Quantity
    rows: pd.DataFrame
    looks: Looks
    heading: str = ""
    behind: pd.DataFrame | None = None


def figure(
    chart: Chart,
    title: str = "",
    picked: Mapping[str, Any] | None = None,
    *,
    quantities: Sequence[int] = (0,),
    facet: str = "",
    across: int = 0,
) -> Figure:
    """Draw a chart, with all its members.

    Parameters
    ----------
    title : str
        What of it is drawn.
    picked : mapping or None
        Values of fields; by default what is selected from the start.
    quantities : sequence of int
        A panel each.
    facet : str
        A field, for a panel a value of it; ``group`` for a panel a group of members.
    across : int
        Panels beside one another; 0 for all.

    Raises
    ------
    NothingToDrawError
        When there is no point.
    """
    cells = [
        cell
        for number in quantities
        for cell in _cells(chart, chart.quantities[number], picked, facet)
    ]
    if not cells:
        raise NothingToDrawError(f"{chart.title}: nothing of it was measured.")
    names = _names(chart.panels[0].y, pd.concat([cell.rows for cell in cells]))
    looks = {} if facet == "group" else {k: v for cell in cells for k, v in cell.looks.items()}
    across = min(across or len(cells), len(cells))
    down = -(-len(cells) // across)
    shared = bool(names) or (len(quantities) == 1 and facet != "case")
    high = max(HEIGHT if down == 1 else LOW, ENTRY * min(len(looks), LONGEST))
    columns = -(-len(looks) // LONGEST)
    wide = WIDTH * across + ASIDE * (columns + bool(names))
    tall = 0.9 + down * (0.8 + ROW * len(names) if names else high)
    drawn = Figure(figsize=(wide, tall), layout="constrained")
    both: Any = {"sharey": shared, "sharex": shared and bool(facet)}
    panels = list(drawn.subplots(down, across, squeeze=False, **both).flat)
    for axes, cell in zip(panels, cells, strict=False):
        if cell.behind is not None:
            for _, own in cell.behind.groupby(str(chart.series)):
                line = _placed(own, cell.panel, cell.panel.layers[0], names).sort_values("x")
                axes.plot(line["x"], line["value"], color=BEHIND, linewidth=0.8, zorder=0)
        for layer in cell.panel.layers:
            _draw(axes, cell, layer, chart.key, names)
        axes.set_title(cell.heading, fontsize=9)
        if facet == "group":
            beside = {"loc": "center left", "bbox_to_anchor": (1, 0.5), "fontsize": 7}
            axes.legend(handles=_handles(cell.looks, cell.panel), **beside)
    for number, (axes, cell) in enumerate(zip(panels, cells, strict=False)):
        _scale(axes.yaxis, cell.panel.y, cell, names, labelled=not (shared and number % across))
        bottom = number + across >= len(cells)
        _scale(axes.xaxis, cell.panel.x, cell, names, labelled=bottom)
        axes.tick_params(labelbottom=bottom or facet == "case", labelsize=8)
    for axes in panels[len(cells) :]:
        axes.remove()
    if looks:
        style: Any = {"fontsize": 8, "title_fontsize": 8, "ncols": columns}
        style["title"] = fill(chart.key.title, 20) if chart.key else ""
        handles = _handles(looks, chart.panels[0])
        drawn.legend(handles=handles, loc="outside right center", **style)
    above = f"{one_line(title)}\n" if title else ""
    drawn.suptitle(f"{above}{chart.title}", fontsize=11)
    drawn.supxlabel(fill(chart.caption, int(16 * wide)), fontsize=8, color="0.35")
    return drawn


# What is drawn in which panel, and how it looks.


def _cells(
    chart: Chart, quantity: Quantity, picked: Mapping[str, Any] | None, facet: str
) -> Iterator[_Cell]:
    rows, key = chart.drawn(quantity, picked), chart.key
    if rows.empty:
        return
    looks = _looks(key, rows)
    if facet != "group" or key is None:
        values = [None] if not facet else list(dict.fromkeys(rows[facet].dropna()))
        for value in values:
            own = rows if value is None else rows[rows[facet] == value]
            for panel in chart.panels:
                yield _Cell(panel, quantity, own, looks, "" if value is None else str(value))
        return
    for group in dict.fromkeys(look.group for look in looks.values()):
        names = [name for name, look in looks.items() if look.group == group]
        own = rows[rows[key.field].isin(names)]
        apart = {look.name: look for look in model.single(names)}
        for panel in chart.panels:
            yield _Cell(panel, quantity, own, apart, group, rows)


def _looks(key: Key | None, rows: pd.DataFrame) -> Looks:
    """Return how each value of the key's field looks that is drawn."""
    if key is None:
        return {}
    values = set(rows[key.field].dropna())
    if key.members:
        return {member.name: member for member in key.members if member.name in values}
    write = ticker.EngFormatter(sep="") if key.prefixed else "{:g}".format
    sizes = sorted(values)
    places = [(n + 1) / (len(sizes) + 1) for n in range(len(sizes))]  # as Vega does
    colours = zip(sizes, model.shades(places), strict=True)
    return {size: Member(write(size), "", colour) for size, colour in colours}


def _names(axis: Axis, rows: pd.DataFrame) -> dict[str, int]:
    """Return the places of names, from the top."""
    if axis.kind != "names":
        return {}
    places = rows.groupby(axis.field)[axis.order].agg("max" if axis.descending else "min")
    places = places.sort_values(ascending=not axis.descending, kind="stable")
    return {str(name): place for place, name in enumerate(places.index)}


def _handles(looks: Looks, panel: Panel) -> list[Line2D]:
    """Return what stands in the legend."""
    marks = {layer.mark: layer for layer in panel.layers if layer.by}
    plain: Any = {"markersize": 5, "linewidth": 1.2}
    handles = []
    for look in looks.values():
        marker = "s" if "bar" in marks else MARKERS[look.shape]
        dashes: Any = _dashes(look) if "line" in marks else ""
        style = {"color": look.colour, "label": look.name, **plain}
        handles.append(Line2D([], [], marker=marker, linestyle=dashes, **style))
    return handles


def _dashes(look: Member) -> Any:
    return "-" if look.dash == (1, 0) else (0, look.dash)


# The layers: what each mark is drawn as, of the rows of a member or of all.


def _draw(
    axes: Axes, cell: _Cell, layer: Layer, key: Key | None, names: Mapping[str, int]
) -> None:
    if layer.at is not None or layer.mark == "rule":
        values = [layer.at] if layer.at is not None else cell.rows[layer.x or layer.y].unique()
        for value in values:
            line = axes.axvline if layer.across == "x" else axes.axhline
            line(value, color="0.5", linewidth=1, dashes=layer.dash, zorder=1)
        return
    rows = cell.rows if layer.only is None else layer.only.of(cell.rows)
    placed = _placed(rows, cell.panel, layer, names)
    if layer.by and key is not None:
        parts = [(look, placed[placed[key.field] == name]) for name, look in cell.looks.items()]
    elif layer.group:
        parts = [(PLAIN, own) for _, own in placed.groupby(layer.group, sort=False)]
    else:
        parts = [(PLAIN, placed)]
    for look, own in parts:
        if not own.empty:
            _mark(axes, layer, own, look)


def _placed(
    rows: pd.DataFrame, panel: Panel, layer: Layer, names: Mapping[str, int]
) -> pd.DataFrame:
    """Return rows with ``x``, ``y`` and, of what has two ends, ``x2`` or ``y2``."""
    placed: pd.DataFrame = rows.copy()
    for axis, ends in ((panel.x, ("x", "x2")), (panel.y, ("y", "y2"))):
        for end in ends:
            field = getattr(layer, end) or (axis.field if len(end) == 1 else "")
            if field and axis.kind == "names":
                placed[end] = rows[field].map(names)
            elif field and axis.kind == "time":
                placed[end] = rows[field].dt.tz_localize(None)
            elif field:
                placed[end] = rows[field].astype(float)
    if layer.order:
        placed["x2"] = placed.sort_values(layer.order).groupby("y")["x"].cumsum()
    return placed


def _mark(axes: Axes, layer: Layer, rows: pd.DataFrame, look: Member) -> None:
    style: Any = {"color": layer.colour or look.colour, "alpha": layer.opacity}
    width: Any = {"linewidth": PIXEL * (layer.size or 1.4)}
    rows = rows.dropna(subset=[end for end in ("x", "y", "x2", "y2") if end in rows])
    if layer.mark == "line":
        rows = rows.sort_values("x")
        dashes = _dashes(look) if model.DASH in layer.by else "-"
        axes.plot(rows["x"], rows["y"], linestyle=dashes, label=look.name, **style, **width)
    elif layer.mark in {"point", "ring"}:
        style |= {"markersize": PIXEL * (layer.size or 1) ** 0.5, "linestyle": ""}
        style |= {"markerfacecolor": "none"} if layer.mark == "ring" else {"markeredgewidth": 0}
        marker = MARKERS[look.shape] if model.SHAPE in layer.by else "o"
        axes.plot(rows["x"], rows["y"], marker=marker, label=look.name, **style)
    elif layer.mark == "interval" and layer.y2:
        axes.vlines(rows["x"], rows["y"], rows["y2"], **style, **width)
    elif layer.mark == "interval":
        axes.hlines(rows["y"], rows["x"], rows["x2"], **style, **width)
    elif layer.mark == "span":
        ends = rows.groupby("y")["x"].agg(["min", "max"])
        axes.hlines(ends.index, ends["min"], ends["max"], **style, **width)
    elif layer.mark == "area":
        rows = rows.sort_values("x")
        axes.fill_between(rows["x"], rows["y"], rows["y2"], linewidth=0, **style)
    elif layer.mark == "bar":
        axes.barh(rows["y"], rows["x"], left=rows["x2"] - rows["x"], label=look.name, **style)
    elif layer.mark == "text":
        style |= {"xytext": (3, 4), "textcoords": "offset points", "fontsize": 7, "zorder": 1}
        style["bbox"] = {"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 0.5}
        for x, y, text in rows[["x", "y", layer.text]].drop_duplicates().to_numpy():
            axes.annotate(text, (x, y), **style)


# Axes: scales, ticks and labels.


def _scale(
    along: Any, axis: Axis, cell: _Cell, names: Mapping[str, int], *, labelled: bool
) -> None:
    """Scale and label one of matplotlib's axes."""
    chosen = axis.field == "value"
    if axis.kind == "names":
        along.axes.set_yticks(range(len(names)), list(names))
        along.axes.set_ylim(len(names) - 0.4, -0.6)
    elif axis.kind == "time":
        along.set_major_locator(locator := AutoDateLocator(minticks=3))  # type: ignore[no-untyped-call]
        along.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    else:
        unit = cell.quantity.unit if chosen else axis.unit or ""
        write: Any = ticker.EngFormatter(unit, sep=" " if unit else "")
        if chosen and not cell.quantity.prefixed:
            write = ticker.FuncFormatter(lambda value, _: f"{value:g}{unit}")
        if axis.log and axis.kind == "number" and (cell.quantity.log or not chosen):
            _logarithmic(along)
        elif axis.noisy:
            _noisy(along, cell.rows)
        elif axis.kind == "stack":
            along.axes.set_xlim(0, 1.02 * along.axes.dataLim.x1)
        elif axis.zero:
            along.set_major_locator(ticker.MaxNLocator(integer=True))
        along.set_major_formatter(write)
    if labelled and axis.kind != "names":
        along.set_label_text(cell.quantity.label if chosen else axis.title, fontsize=9)


def _logarithmic(along: Any) -> None:
    along.axes.set(**{f"{along.axis_name}scale": "log"})
    low, high = along.get_view_interval()
    if high < NARROW * low:
        along.set_major_locator(ticker.MaxNLocator(5, steps=[1, 2, 5, 10]))
        along.set_minor_locator(ticker.NullLocator())
    elif high < SHORT * low:
        along.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    along.set_minor_formatter(ticker.NullFormatter())


def _noisy(along: Any, rows: pd.DataFrame) -> None:
    values = rows["value"]
    noise = float((rows["high"] - values).max()) or float(values[values > 0].min())
    if values.max() > WIDE * noise:
        along.axes.set_yscale("symlog", linthresh=noise)
    along.axes.set_ylim(bottom=0)
