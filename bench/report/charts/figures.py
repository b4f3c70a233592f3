"""Which figures are drawn of a run, and of runs side by side; the names of their files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from bench.advise.bounds import NothingToSayError, assess
from bench.compare.comparison import MOST_SIDES, Comparison
from bench.report.charts import efficiency, history, loss, ratios, speed, target
from bench.report.charts.chart import Chart, NothingToDrawError
from bench.report.charts.files import Saved, plain, save_figures
from bench.report.charts.static import figure
from bench.report.page.measured_sections import NO_TARGET
from bench.report.page.one_run import Material
from bench.report.run_tables import SIZES
from bench.store import tidy
from bench.store.table import Loaded

Named = Iterator[tuple[str, Figure | str]]

#: What tells figures of a kind apart.
PLACE, SOURCE = ("workload", "device"), ("workload", "device", "loader")
#: Beyond so many kernels each library gets a panel of its own as well.
MOST_KERNELS = 12
#: Rows of ratios that are drawn; beyond, those whose ratio is furthest from 1.
MOST_ROWS = 60


def draw_run(document: Mapping[str, Any], folder: Path) -> Saved:
    """Draw what a run has just measured: speed, ladder, loss and the published curves.

    Parameters
    ----------
    document : mapping
        The run file.
    folder : Path
        Made if there is anything to draw.

    Raises
    ------
    FigureError
        When the folder can't be written.
    """
    advice = "The run file is whole; free space, or leave out --figures."
    return save_figures(run_figures(Material(document, "")), folder, advice)


def run_figures(run: Material) -> Named:
    """Yield the figures that `draw_run` writes, or why there is none of a kind."""
    return _all(run, {"notebook": _notebook, "ladder": _ladder, "speed": _speed, "loss": _loss})


def report_figures(run: Material) -> Named:
    """Yield all the figures of a run, or why there is none of a kind."""
    yield from run_figures(run)
    kinds = {"libraries": _libraries, "phases": _phases, "memory": _memory}
    yield from _all(run, {**kinds, "roofline": _roofline, "target": _target})


def comparison_figures(comparison: Comparison, loaded: Loaded | None = None) -> Named:
    """Yield the figures of runs side by side, or why there is none of a kind.

    Parameters
    ----------
    loaded : Loaded or None
        What was compared; its cases over time are drawn where there are more than two runs.
    """
    if len(comparison.sides) <= MOST_SIDES:
        yield from _all(comparison, {"ratios": _ratios})
    if loaded is not None and len(loaded.runs) > 2:
        yield from _all(loaded, {"over-time": _over_time})


def _all(source: Any, kinds: Mapping[str, Callable[[Any], Named]]) -> Named:
    for name, draw in kinds.items():
        try:
            yield from draw(source)
        except (NothingToDrawError, NothingToSayError) as reason:
            yield name, str(reason)


def _each(
    chart: Chart, kind: str, fields: tuple[str, ...], *words: str, one: str = "", **how: Any
) -> Named:
    """Yield a figure for each combination of the fields' values, and of one field the first."""
    for values, rows in chart.rows.groupby(list(fields), sort=False):
        picked = dict(zip(fields, values, strict=True))
        named = [_word(value) for value in values]
        if one:
            picked[one] = rows[one].iloc[0]
        title = ", ".join([*map(_word, picked.values()), *words])
        yield "-".join([kind, *map(plain, named)]), figure(chart, title, picked, **how)


def _word(value: Any) -> str:
    """Write a value of a field; a number is a batch size."""
    return value if isinstance(value, str) else f"B{value:g}"


def _notebook(run: Material) -> Named:
    chart = loss.published_chart(tidy.of_case(run.table, "notebook"))
    return _each(chart, "notebook", ("device",))


def _ladder(run: Material) -> Named:
    return _each(speed.ladder_chart(run.epochs), "ladder", PLACE)


def _speed(run: Material) -> Named:
    return _each(speed.speed_chart(run.epochs), "speed", SOURCE, quantities=(0, 1))


def _loss(run: Material) -> Named:
    return _each(loss.loss_chart(run.epochs), "loss", SOURCE, one="kernel")


def _libraries(run: Material) -> Named:
    if run.epochs.empty:
        return
    chart = speed.speed_chart(run.epochs)
    for _, rows in chart.rows.groupby(list(SOURCE), sort=False):
        own = replace(chart, rows=rows)
        kernels = set(rows["kernel"])
        libraries = {one.group for one in chart.members if one.name in kernels}
        if len(kernels) > MOST_KERNELS and len(libraries) > 1:
            yield from _each(own, "libraries", SOURCE, facet="group", across=2)


def _phases(run: Material) -> Named:
    chart = efficiency.phases_chart(run.epochs)
    measured = sorted(set(chart.rows["batch_size"]))
    sizes = [size for size in SIZES if size in measured] or measured[:1]
    own = replace(chart, rows=chart.rows[chart.rows["batch_size"].isin(sizes)])
    return _each(own, "phases", (*PLACE, "batch_size"), quantities=(0, 1))


def _memory(run: Material) -> Named:
    efficiency.memory_chart(run.epochs)  # or why there is none
    told = run.epochs[run.epochs["memory"].notna()]
    for loader, rows in told.groupby("loader", sort=False):
        chart = efficiency.memory_chart(rows)
        for number, quantity in enumerate(chart.quantities):
            kind = f"memory-{quantity.value.partition('_')[0]}"
            for name, drawn in _each(chart, kind, PLACE, str(loader), quantities=(number,)):
                yield f"{name}-{loader}", drawn


def _roofline(run: Material) -> Named:
    chart = efficiency.roofline_chart(assess(run.document), run.table)
    yield "roofline", figure(chart, run.name, {}, facet="device")


def _target(run: Material) -> Named:
    if not run.answers:
        raise NothingToDrawError(run.not_found or NO_TARGET)
    return _each(target.target_chart(run.answers), "target", PLACE)


def _ratios(comparison: Comparison) -> Named:
    chart = ratios.ratios_chart(comparison)
    for question, rows in chart.rows.groupby("question", sort=False):
        places = rows.groupby("what")["place"].first()
        apart = np.log(places).abs().sort_values(ascending=False).index[:MOST_ROWS]
        part = "" if len(apart) == len(places) else f", {len(apart)} of {len(places)} rows"
        kind = "benchmarks" if question == "benchmark" else str(question)
        own = replace(chart, rows=rows[rows["what"].isin(apart)])
        yield f"ratios-{kind}", figure(own, f"{kind}{part}", {}, facet="side")


def _over_time(loaded: Loaded) -> Named:
    chart = history.moved_chart(loaded.cases, loaded.runs)
    yield "over-time", figure(chart, "", {}, facet="case", across=3)
