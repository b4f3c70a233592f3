"""Vega and matplotlib draw the same: every mark of a chart, at its place and in its colour."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from scipy.spatial import KDTree

from bench.compare.side_by_side import compare
from bench.report.charts.chart import Chart
from bench.report.charts.ratios import plain_chart, ratios_chart
from bench.report.charts.speed import sides_chart
from bench.report.charts.static import figure
from bench.report.page.one_run import Material, one_run_page
from bench.store import tidy
from bench.store.files import read_run
from bench.store.table import read
from tests.report.charts.as_in_the_page import chosen, marks, specification
from tests.report.conftest import ADVISED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from matplotlib.axes import Axes

    from bench.report.charts.chart import Layer

    #: A kind of mark, its places as x, y, x, y along the axes, and its colour.
    Mark = tuple[str, tuple[float, ...], tuple[float, ...]]

RUNS = sorted(ADVISED.parent.glob("*.json"))
#: Of the width or height of a picture; and what a colour's parts, from 0 to 1, count of it.
NEAR, COLOUR = 2e-3, 0.25


def rgb(colour: str) -> tuple[float, ...]:
    """Read a colour as Vega writes it."""
    parts = re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour)
    return tuple(int(part) / 255 for part in parts.groups()) if parts else to_rgb(colour)


def of_vega(layer: Layer, items: list[dict[str, Any]]) -> Iterator[Mark]:
    """Yield what Vega draws of a layer, in pixels."""
    if layer.mark == "line":
        for a, b in pairwise(items):
            yield "line", (a["x"], a["y"], b["x"], b["y"]), rgb(a["stroke"])
        return
    for item in items:
        x, y = item["x"], item["y"]
        if layer.mark in {"point", "ring"}:
            colour = item["stroke" if layer.mark == "ring" else "fill"]
            yield layer.mark, (x, y), rgb(colour)
        elif layer.mark in {"interval", "span"}:
            ends = (x, y, item.get("x2", x), item.get("y2", y))
            yield "interval", ends, rgb(item["stroke"])
        elif layer.mark == "area":
            yield "area", (x, y, x, item["y2"]), rgb(item["fill"])
        elif layer.mark == "bar":
            middle = y + item["height"] / 2
            yield "bar", (x, middle, x + item["width"], middle), rgb(item["fill"])


def of_matplotlib(axes: Axes) -> Iterator[Mark]:
    """Yield what matplotlib's artists hold, in data's units."""
    for line in axes.get_lines():
        colour = to_rgb(line.get_color())
        points = [tuple(map(float, point)) for point in np.asarray(line.get_xydata())]
        if line.get_linestyle() == "None":
            kind = "ring" if line.get_markerfacecolor() == "none" else "point"
            yield from ((kind, point, colour) for point in points)
        elif line.get_transform() == axes.transData:  # and not from edge to edge
            yield from (("line", a + b, colour) for a, b in pairwise(points))
    for collection in axes.collections:
        if isinstance(collection, LineCollection):
            colour = tuple(np.atleast_2d(collection.get_edgecolor())[0][:3])
            for segment in collection.get_segments():
                yield "interval", tuple(np.ravel(segment)), colour
        else:
            colour = tuple(np.atleast_2d(collection.get_facecolor())[0][:3])
            corners = np.concatenate([path.vertices for path in collection.get_paths()])
            for x in np.unique(corners[:, 0]):
                ys = corners[corners[:, 0] == x, 1]
                yield "area", (x, ys.min(), x, ys.max()), colour
    for patch in axes.patches:
        assert isinstance(patch, Rectangle)
        middle = patch.get_y() + patch.get_height() / 2
        ends = (patch.get_x(), middle, patch.get_x() + patch.get_width(), middle)
        yield "bar", ends, to_rgb(patch.get_facecolor())


def in_parts(drawn: list[Mark], scales: tuple[str, str], *, downwards: bool) -> dict[str, Any]:
    """Return, by the kind of mark, rows of places in parts of what is drawn, with colours."""
    along = []
    for kind, place, colour in drawn:
        there = [np.log(at) if scales[n % 2] == "log" else at for n, at in enumerate(place)]
        along.append((kind, there, colour))
    limits = []
    for axis in (0, 1):
        values = np.concatenate([there[axis::2] for _, there, _ in along])
        limits.append((values.min(), max(np.ptp(values), 1e-12)))
    found: dict[str, list[list[float]]] = {}
    for kind, there, colour in along:
        parts = [(at - limits[n % 2][0]) / limits[n % 2][1] for n, at in enumerate(there)]
        if downwards:
            parts = [1 - at if n % 2 else at for n, at in enumerate(parts)]
        if len(parts) == 4:  # either end may come first; an unknown interval has no length
            if np.allclose(parts[:2], parts[2:], rtol=0, atol=1e-7):
                continue
            ends = sorted((np.round(parts[:2], 4).tolist(), np.round(parts[2:], 4).tolist()))
            parts = [*ends[0], *ends[1]]
        found.setdefault(kind, []).append([*parts, *(COLOUR * part for part in colour)])
    return {kind: np.array(rows) for kind, rows in found.items()}


def held_alike(
    chart: Chart, panel: int, axes: Axes, quantity: int, picked: Mapping[str, Any]
) -> None:
    """Hold that both draw the same in a panel."""
    layers, rows = chart.panels[panel].layers, chosen(chart, quantity, picked)
    spec = specification(chart, panel, rows, quantity)
    items = marks(spec)
    vega = [
        mark
        for number, layer in enumerate(layers)
        for own in items.get(number, [])
        for mark in of_vega(layer, own)
        if layer.at is None
    ]
    names = chart.panels[panel].y.kind == "names"
    one = in_parts(vega, ("linear", "linear"), downwards=not names)
    scales = (axes.get_xscale(), axes.get_yscale())
    other = in_parts(list(of_matplotlib(axes)), scales, downwards=False)
    assert one.keys() == other.keys(), chart.id
    for kind, told in one.items():
        n_places = 2 if kind in {"point", "ring"} else 4
        kinds = {kind, "span"} if kind == "interval" else {kind}
        plain = chart.key is None or not all(one.by for one in layers if one.mark in kinds)
        columns = n_places if plain else n_places + 3
        left, right = told[:, :columns], other[kind][:, :columns]
        if kind not in {"area", "line"}:
            assert len(left) == len(right), (chart.id, kind)
        for these, those in ((left, right), (right, left)):
            distances, _ = KDTree(these).query(those)
            assert distances.max() < NEAR, (chart.id, kind)


def hold(chart: Chart, quantity: int = 0, picked: Mapping[str, Any] | None = None) -> None:
    """Hold that both draw the same, of what is selected or of something else."""
    first = {choice.field: choice.selected for choice in chart.choices}
    of = {**first, **(picked or {})}
    drawn = figure(chart, "", of, quantities=(quantity,))
    for number, axes in enumerate(drawn.axes):
        held_alike(chart, number, axes, quantity, of)


def others(chart: Chart) -> Iterator[dict[str, Any]]:
    """Yield, for each choice, the last that there is to choose and is drawn."""
    first = {choice.field: choice.selected for choice in chart.choices}
    for choice in chart.choices:
        for value in reversed(choice.options):
            picked = {**first, choice.field: value}
            if value != choice.selected and len(chart.drawn(chart.quantities[0], picked)):
                yield picked
                break


def of_run(material: Material) -> dict[str, Chart]:
    blocks = [block for section in one_run_page(material).sections for block in section.blocks]
    return {block.id: block for block in blocks if isinstance(block, Chart)}


@cache
def charts(run: Path) -> dict[str, Chart]:
    return of_run(Material(read_run(run), run.name, None, "not asked for"))


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.stem)
def test_every_chart_of_a_run_is_drawn_alike(run: Path) -> None:
    assert len(charts(run)) >= 4
    for chart in charts(run).values():
        hold(chart)


@pytest.mark.parametrize("run", RUNS[2:4], ids=lambda run: run.stem)
def test_so_is_every_quantity_and_whatever_else_is_chosen(run: Path) -> None:
    for chart in charts(run).values():
        for quantity in range(1, len(chart.quantities)):
            hold(chart, quantity)
        for picked in others(chart):
            hold(chart, 0, picked)


def test_so_are_times_and_steps_to_the_target(advised: Material) -> None:
    drawn = of_run(advised)
    hold(drawn["target-chart"])
    for quantity in (0, 1):
        hold(drawn["steps-chart"], quantity)


def test_so_are_runs_side_by_side() -> None:
    loaded = read(RUNS[:3:2])
    found = compare(loaded.cases, loaded.runs)
    for chart in (ratios_chart(found), sides_chart(found)):
        hold(chart)
        for picked in others(chart):
            hold(chart, 0, picked)


def test_so_are_benchmarks_of_any_suite() -> None:
    table = tidy.interval_frame(read_run(RUNS[0])).head(40).assign(group="some")
    hold(plain_chart(table))


def test_what_is_drawn_elsewhere_or_otherwise_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the tests above can fail."""
    chart = charts(RUNS[2])["speed-chart"]
    drawn = figure(chart)
    (axes,) = drawn.axes
    line = next(line for line in axes.get_lines() if line.get_linestyle() == "None")
    of = {choice.field: choice.selected for choice in chart.choices}
    held_alike(chart, 0, axes, 0, of)
    colour = line.get_color()
    line.set_color("#ff0000")
    with pytest.raises(AssertionError):
        held_alike(chart, 0, axes, 0, of)
    line.set_color(colour)
    line.set_ydata(np.asarray(line.get_ydata()) * 1.1)
    with pytest.raises(AssertionError):
        held_alike(chart, 0, axes, 0, of)
