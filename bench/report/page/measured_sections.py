"""Speed, loss, phases, roofline, memory and time to the target."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from bench.advise import memory_cost
from bench.advise.answer import Counted, KernelAnswer
from bench.advise.bounds import Efficiency, NothingToSayError, assess
from bench.advise.contenders import ladder, rung_names, rung_times, sizes_of
from bench.report import numbers
from bench.report.advice_text import interval, noise_scale_line, size
from bench.report.charts.chart import Chart, NothingToDrawError
from bench.report.charts.efficiency import memory_chart, phases_chart, roofline_chart
from bench.report.charts.loss import loss_chart, published_chart
from bench.report.charts.speed import ladder_chart, speed_chart
from bench.report.charts.target import steps_chart, target_chart
from bench.report.efficiency import groups, percent
from bench.report.grid import mark
from bench.report.numbers import measured, timed
from bench.report.page.blocks import Cell, Column, Prose, Section, Table, numeric
from bench.report.run_tables import NOTHING, faster_text
from bench.report.terminal import TITLES, line_cells
from bench.stats.fits import RefusalError
from bench.store import tidy

if TYPE_CHECKING:
    from bench.report.page.one_run import Material

# The ladder, speed against batch size, and the loss.


def drawn(chart: Callable[..., Chart], *of: object) -> Chart | Prose:
    """Return a chart, or the reason why there is none."""
    try:
        return chart(*of)
    except NothingToDrawError as reason:
        return Prose(str(reason))


def ladder_section(material: Material) -> Section:
    """Order the kernels from the slowest to the fastest."""
    title = "The ladder: what each way of training saves"
    chart = drawn(ladder_chart, material.epochs)
    if isinstance(chart, Prose):
        return Section("ladder", title, (chart,))
    tables = [
        _ladder_table(group, f"{workload}, {device}", number)
        for number, ((workload, device), group) in enumerate(
            material.epochs.groupby(["workload", "device"], sort=False)
        )
    ]
    return Section("ladder", title, (chart, *(one for one in tables if one is not None)))


def _ladder_table(rows: pd.DataFrame, where: str, number: int) -> Table | None:
    """Write a ladder, each time with the digits that its interval allows."""
    table = ladder(rows)
    if table.empty:
        return None
    sizes = sizes_of(table)
    times = rung_times(rows)
    named = rows.assign(rung=rung_names(rows))
    cells = {
        (str(row["rung"]), int(row["batch_size"])): seconds_cell(row)
        for _, row in named.iterrows()
    }
    columns = numeric(*(f"B = {size}" for size in sizes), "times as fast")
    head = (Column("kernel"), *columns, Column("what it saves"))
    body = tuple(
        (
            Cell(str(name)),
            *(cells.get((str(name), size), Cell(NOTHING)) for size in sizes),
            Cell(faster_text(table, times, str(name)), float(row["times"])),
            Cell(str(row["saves"] or "")),
        )
        for name, row in table.iterrows()
    )
    caption = f"Seconds per epoch, {where}; times as fast as the first at B = {sizes[0]}"
    return Table(f"ladder-table-{number}", caption, head, body, sortable=True)


def seconds_cell(row: pd.Series) -> Cell:
    """Write a time with its mark and the digits that its interval allows.

    Parameters
    ----------
    row : Series
        A case, with ``low`` and ``high``.
    """
    return Cell(f"{timed(row)} {mark(row).strip()}".strip(), float(row["seconds"]))


def speed_section(material: Material) -> Section:
    """Show speed against batch size."""
    chart = drawn(speed_chart, material.epochs, material.shown)
    return Section("speed", "Speed against batch size", (chart,))


def loss_section(material: Material) -> Section:
    """Show the loss, against epochs and seconds, and by the published protocol."""
    notebook = tidy.of_case(material.table, "notebook")
    charts = (drawn(loss_chart, material.epochs), drawn(published_chart, notebook))
    return Section("loss", "Loss against epoch and seconds", charts)


# Where the time of an epoch goes, the roofline, and memory.


#: What each word of what bounds a case says.
WORDS = (
    "host: Python and dispatch take the time; launch: each thing given to the GPU is too "
    "small; cache, memory: the bandwidth; arithmetic: the units; unclear: none of these."
)


def phases_section(material: Material) -> Section:
    """Show where the time of an epoch goes."""
    chart = drawn(phases_chart, material.epochs)
    return Section("phases", "Where the time of an epoch goes", (chart,))


def roofline_section(material: Material) -> Section:
    """Show how near each case comes to what the machine can do."""
    title = "Roofline: how near each case comes to what the machine can do"
    try:
        found = assess(material.document)
    except NothingToSayError as error:
        return Section("roofline", title, (Prose(f"{str(error)[:1].upper()}{str(error)[1:]}"),))
    chart = roofline_chart(found, material.table, material.shown)
    return Section("roofline", title, (chart, Prose(WORDS, "note"), *_bounds(found)))


def _bounds(found: Efficiency) -> Iterator[Table]:
    """Yield what bounds each case, a table for each kind of case."""
    for device in found.roofs:
        cases = found.cases[found.cases["device"] == device]
        for number, (title, _, rows) in enumerate(groups(cases)):
            yield _bound_table(rows, f"{title}, {device}", f"bounds-{device}-{number}")


def _bound_table(rows: pd.DataFrame, title: str, name: str) -> Table:
    size = "batch_size" if rows["batch_size"].notna().any() else "n_parameters"
    sizes = sorted(set(rows[size].dropna()))
    mark = "B = " if size == "batch_size" else "P = "
    cells = {
        (row["kernel"], row[size]): Cell(
            f"{percent(row['roof_share'])} {getattr(row['bound'], 'value', row['bound'])}",
            float(row["roof_share"]),
        )
        for _, row in rows.iterrows()
    }
    body = tuple(
        (Cell(str(kernel)), *(cells.get((kernel, one), Cell("")) for one in sizes))
        for kernel in dict.fromkeys(rows["kernel"])
    )
    head = (Column("kernel"), *numeric(*(f"{mark}{one:g}" for one in sizes)))
    caption = f"{title}: share of the roof, and what bounds the case"
    plain = "".join(sign if sign.isalnum() else "-" for sign in name)
    return Table(plain, caption, head, body, sortable=True, folded=True)


def memory_section(material: Material) -> Section:
    """Show what trainings take in memory, and what a sample more in the batch adds."""
    chart = drawn(memory_chart, material.table, material.shown)
    if isinstance(chart, Prose):
        return Section("memory", "Memory", (chart,))
    return Section("memory", "Memory", (chart, *_memory_tables(material.table)))


def _memory_tables(table: pd.DataFrame) -> Iterator[Table]:
    """Yield bytes per sample and what there is besides, for each kind of memory."""
    rows = table[[isinstance(one, dict) for one in table["memory"]]]
    for quantity, title in TITLES.items():
        lines = memory_cost.lines(rows, quantity)
        if not lines:
            continue
        body = tuple(
            (Cell(kernel), Cell(workload), Cell(device), *_cells(one))
            for (workload, device, kernel), one in lines.items()
        )
        head = (
            *(Column(name) for name in ("kernel", "workload", "device")),
            *numeric("bytes per sample", "besides"),
        )
        name = f"memory-{quantity.replace('_', '-')}"
        caption = f"A line through the peaks: {title}"
        yield Table(name, caption, head, body, sortable=True, folded=True)


def _cells(one: memory_cost.Line) -> tuple[Cell, Cell]:
    slope, intercept = line_cells(one)
    return Cell(slope, one.bytes_per_sample), Cell(intercept, one.intercept_bytes)


# Time to the target: which batch size gets near the optimum first.


HEAD = (
    *(Column("kernel"), Column("device")),
    *numeric("advised B", "within 5%", "predicted", "measured", "at B", "n_half"),
    *(*numeric("model misses by"), Column("why not")),
)
NO_TARGET = "Steps to a target were not counted for this run."


def target_section(material: Material) -> Section:
    """Show which batch size is best, for every kernel."""
    return Section("target", "Time to target", tuple(_blocks(material)))


def _blocks(material: Material) -> Iterator[Chart | Prose | Table]:
    if material.found is None or not material.answers:
        yield Prose(material.not_found or NO_TARGET)
        return
    for known in material.found.counted.values():
        yield Prose(f"{_statistics(known)} {noise_scale_line(known.noise_scale)}")
    yield drawn(target_chart, material.answers, material.shown)
    yield Table(
        "target-table",
        "The best batch size of every kernel; n_half is what a step costs before its first "
        "sample, in samples",
        HEAD,
        tuple(_row(one) for one in material.answers),
        sortable=True,
    )
    if material.found.counted:
        yield steps_chart(list(material.found.counted.values()))


def _statistics(known: Counted) -> str:
    """Say what the target is, and what the steps follow."""
    its = known.conditions
    said = (
        f"{known.workload}, {its.schedule} rate, {its.sampling.replace('-', ' ')}"
        f"{f', momentum {its.momentum:g}' if its.momentum else ''}: the target is a loss of "
        f"{known.target_loss:.5f}, {100 * its.tolerance:g}% above the optimum. "
    )
    if isinstance(known.fit, RefusalError):
        return f"{said}No model of the steps: {known.fit}."
    fit = known.fit
    missed = f", and misses the steps by {100 * fit.rms_residual:.2g}%"
    exact = known.expected
    theory = (
        ""
        if exact is None or isinstance(exact, RefusalError)
        else f" Exact theory gives a B_noise of {interval(exact.b_noise)}."
    )
    return (
        f"{said}Steps follow S_min (1 + B_noise / B) with S_min {interval(fit.s_min)} and "
        f"B_noise {interval(fit.b_noise)} samples{missed}.{theory}"
    )


def _row(one: KernelAnswer) -> tuple[Cell, ...]:
    advice, cost = one.advice, one.cost
    best = _best(one)
    case, empty = (Cell(one.subject.kernel), Cell(one.subject.device)), Cell("–")
    if advice is None:
        return (*case, *(empty,) * 3, *best, *(empty,) * 2, Cell(f"{one.refusal}."))
    time = advice.t_star_seconds
    low, high = (size(end.value) for end in advice.within)
    n_half = None if cost is None else cost.n_half
    misfit = math.nan if cost is None else cost.rms_residual
    return (
        *case,
        Cell(str(advice.recommended), float(advice.recommended)),
        Cell(f"{low} to {high}", advice.within[0].value),
        Cell(measured(time.value, (time.high - time.low) / 2), time.value),
        *best,
        empty if n_half is None else Cell(interval(n_half), n_half.value),
        Cell(f"{misfit:.0%}", misfit) if math.isfinite(misfit) else empty,
        Cell(""),
    )


def _best(one: KernelAnswer) -> tuple[Cell, Cell]:
    """Return the shortest measured time to the target, and its batch size."""
    if one.measured_best is None:
        return Cell("–"), Cell("–")
    row = one.table.set_index("batch_size").loc[one.measured_best]
    seconds = float(row["measured_seconds"])
    text = measured(seconds, float(row["measured_high"] - row["measured_low"]) / 2)
    return Cell(text, seconds), Cell(numbers.count(one.measured_best), float(one.measured_best))
