"""The ladder, speed against batch size, and the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.analyze import tidy
from bench.analyze.ladder import ladder, rung_names, rung_times, sizes_of
from bench.report.charts.ladder import ladder_chart
from bench.report.charts.loss import loss_chart
from bench.report.charts.published import published_chart
from bench.report.charts.speed import speed_chart
from bench.report.digits import measured
from bench.report.headline import TEXTBOOK
from bench.report.ladder_text import NOTHING, faster_text
from bench.report.page.blocks import Cell, Column, Prose, Section, Table
from bench.report.quality_marks import mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from bench.report.charts.chart import Chart
    from bench.report.page.material import Material

NO_EPOCHS = Prose("No epoch of a training was measured in this run (bench_epoch).")


def ladder_section(material: Material) -> Section:
    """Order the kernels from the slowest to the fastest."""
    title = "The ladder: what each way of training saves"
    chart = None if material.epochs.empty else ladder_chart(material.epochs)
    if chart is None:
        fewest = Prose(
            "A ladder takes four kernels at the same batch sizes; this run has fewer."
        )
        return Section("ladder", title, (fewest,))
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
    head = (
        Column("kernel"),
        *(Column(f"B = {size}", number=True) for size in sizes),
        Column("times as fast", number=True),
        Column("what it saves"),
    )
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
    text = measured(row["seconds"], (row["high"] - row["low"]) / 2)
    return Cell(f"{text} {mark(row).strip()}".strip(), float(row["seconds"]))


def speed_section(material: Material) -> Section:
    """Show speed against batch size."""
    title = "Speed against batch size"
    rows = material.epochs
    if rows.empty:
        return Section("speed", title, (NO_EPOCHS,))
    return Section("speed", title, (speed_chart(rows, material.shown),))


def loss_section(material: Material) -> Section:
    """Show the loss, against epochs and seconds, and by the published protocol."""
    return Section("loss", "Loss against epoch and seconds", tuple(_losses(material)))


def _losses(material: Material) -> Iterator[Chart | Prose]:
    rows = material.epochs
    told = rows[rows["loss_by_epoch"].notna()] if "loss_by_epoch" in rows else rows.iloc[0:0]
    if told.empty:
        yield NO_EPOCHS
    else:
        kernels = list(told["kernel"])
        yield loss_chart(told, TEXTBOOK if TEXTBOOK in kernels else str(kernels[0]))
    published = published_chart(tidy.of_case(material.table, "notebook"))
    if published is not None:
        yield published
