"""Where the time of an epoch goes, the roofline, and memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.analyze import memory
from bench.analyze.efficiency import NothingToSayError, assess
from bench.report.charts.memory import memory_chart
from bench.report.charts.phases import phases_chart
from bench.report.charts.roofline import roofline_chart
from bench.report.efficiency_tables import groups, percent
from bench.report.memory_tables import TITLES, line_cells
from bench.report.page.blocks import Cell, Column, Prose, Section, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from bench.analyze.efficiency import Efficiency
    from bench.report.page.material import Material

#: What each word of what bounds a case says.
WORDS = (
    "host: Python and dispatch take the time; launch: each thing given to the GPU is too "
    "small; cache, memory: the bandwidth; arithmetic: the units; unclear: none of these."
)


def phases_section(material: Material) -> Section:
    """Show where the time of an epoch goes."""
    chart = None if material.epochs.empty else phases_chart(material.epochs)
    nothing = Prose(
        "No phases were measured: they come with epochs of kernels that go step by step."
    )
    return Section("phases", "Where the time of an epoch goes", (chart or nothing,))


def roofline_section(material: Material) -> Section:
    """Show how near each case comes to what the machine can do."""
    title = "Roofline: how near each case comes to what the machine can do"
    try:
        found = assess(material.document)
    except NothingToSayError as error:
        return Section("roofline", title, (Prose(f"{str(error)[:1].upper()}{str(error)[1:]}"),))
    ends = material.table[["name", "low", "high"]]
    known = replace(found, cases=found.cases.merge(ends, on="name", how="left"))
    chart = roofline_chart(known, material.shown)
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
    head = (Column("kernel"), *(Column(f"{mark}{one:g}", number=True) for one in sizes))
    caption = f"{title}: share of the roof, and what bounds the case"
    plain = "".join(sign if sign.isalnum() else "-" for sign in name)
    return Table(plain, caption, head, body, sortable=True, folded=True)


def memory_section(material: Material) -> Section:
    """Show what trainings take in memory, and what a sample more in the batch adds."""
    chart = memory_chart(material.table, material.shown)
    if chart is None:
        how = (
            "Memory was not measured in this run. It takes processes of their own: "
            "python -m bench run --cases epoch measures it."
        )
        return Section("memory", "Memory", (Prose(how),))
    return Section("memory", "Memory", (chart, *_memory_tables(material.table)))


def _memory_tables(table: pd.DataFrame) -> Iterator[Table]:
    """Yield bytes per sample and what there is besides, for each kind of memory."""
    rows = table[[isinstance(one, dict) for one in table["memory"]]]
    for quantity, title in TITLES.items():
        lines = memory.lines(rows, quantity)
        if not lines:
            continue
        body = tuple(
            (Cell(kernel), Cell(workload), Cell(device), *_cells(one))
            for (workload, device, kernel), one in lines.items()
        )
        head = (
            Column("kernel"),
            Column("workload"),
            Column("device"),
            Column("bytes per sample", number=True),
            Column("besides", number=True),
        )
        name = f"memory-{quantity.replace('_', '-')}"
        caption = f"A line through the peaks: {title}"
        yield Table(name, caption, head, body, sortable=True, folded=True)


def _cells(one: memory.Line) -> tuple[Cell, Cell]:
    slope, intercept = line_cells(one)
    return Cell(slope, one.bytes_per_sample), Cell(intercept, one.intercept_bytes)
