"""The page that sets runs side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from bench.compare.comparison import Comparison, Side
from bench.history.machine_history import WholeHistory
from bench.report import numbers
from bench.report.charts.ratios import ratios_chart
from bench.report.charts.speed import sides_chart
from bench.report.comparison_text import AXES, comparison_outcome, what
from bench.report.numbers import ratio, timed
from bench.report.page.blocks import (
    Block,
    Cell,
    Column,
    Page,
    Prose,
    Section,
    Table,
    filtered,
    numeric,
)
from bench.report.page.history_section import history_section, runs_table
from bench.report.page.measured_sections import drawn
from bench.store.table import Loaded

RATIO = (
    "A ratio is the time of a side over that of the baseline: above 1 is slower. Where both "
    "were measured by several processes, its 95% interval is from the processes' medians; "
    "where one process measured, it is from the rounds, and too narrow to tell runs apart "
    "by a few percent."
)


def several_runs(found: Comparison, loaded: Loaded, histories: Sequence[WholeHistory]) -> Page:
    """Make the page.

    Parameters
    ----------
    loaded : Loaded
        What was compared.
    histories : sequence of WholeHistory
        What it says over time, a machine each.
    """
    names = ", ".join(dict.fromkeys(side.run for side in found.sides))
    return Page(
        title=f"{AXES[found.axis].capitalize()} side by side",
        subtitle=", ".join(side.label for side in found.sides),
        sections=(
            Section("run", "The runs", tuple(_compared(found, loaded))),
            Section("answer", "The answer", tuple(_answers(found))),
            Section("ratios", "Ratios", tuple(_ratios(found))),
            Section("speed", "Speed against batch size", (drawn(sides_chart, found),)),
            history_section(loaded, histories),
            Section("partial", "What is not compared", tuple(_left_out(found))),
            Section("differences", "What differs between the runs", (_differences(found),)),
        ),
        made_by=f"Made by python -m bench report from {names}; every number on this page is in "
        f"these files.",
    )


def _compared(found: Comparison, loaded: Loaded) -> Iterator[Block]:
    yield Prose(
        f"{AXES[found.axis].capitalize()} are compared; the baseline is {found.baseline.label}."
    )
    yield from (Prose(text, "warning") for text in found.warnings)
    rows = tuple(_side(side) for side in found.sides)
    named = ("side", "run", "device", "taken (UTC)", "commit")
    columns = (*map(Column, named), *numeric("processes", "cases"))
    yield Table("sides-table", "What is side by side", columns, rows)
    yield runs_table(loaded.runs)


def _side(side: Side) -> tuple[Cell, ...]:
    taken = "–" if pd.isna(side.taken) else f"{side.taken:%Y-%m-%d %H:%M}"
    commit = "–" if side.commit is None else side.commit[:10]
    return (
        Cell(side.label),
        Cell(side.run),
        Cell(side.device or "all"),
        Cell(taken),
        Cell(f"{commit}{' (changed since)' if side.dirty else ''}"),
        Cell(str(side.processes), float(side.processes)),
        Cell(str(side.n_cases), float(side.n_cases)),
    )


def _answers(found: Comparison) -> Iterator[Prose]:
    for number in range(1, len(found.sides)):
        yield Prose(comparison_outcome(found, number))
    yield Prose(RATIO, "note")


def _ratios(found: Comparison) -> Iterator[Block]:
    yield drawn(ratios_chart, found)
    labels = [side.label for side in found.sides]
    base = found.rows[found.rows["side"] == 0].set_index("key")
    against = found.rows[found.rows["side"] > 0]
    head = (
        *(Column("what"), *filtered("case", "side")),
        *numeric("baseline", "this side", "ratio (95% interval)"),
        *(*filtered("interval from"), Column("name")),
    )
    rows = tuple(_ratio_row(row, base.loc[row["key"]], labels) for _, row in against.iterrows())
    yield Table("ratios-table", "Every ratio", head, rows, sortable=True)


def _ratio_row(row: pd.Series, base: pd.Series, labels: list[str]) -> tuple[Cell, ...]:
    case = row.get("case")
    disturbed = " ?" if row["untrusted"] or base["untrusted"] else ""
    return (
        Cell(what(row)),
        Cell(case if isinstance(case, str) else ""),
        Cell(labels[row["side"]]),
        *(Cell(timed(case), float(case["seconds"])) for case in (base, row)),
        Cell(
            ratio(row["ratio"], row["ratio_low"], row["ratio_high"]) + disturbed, row["ratio"]
        ),
        Cell(str(row["ratio_basis"])),
        Cell(str(row["name"])),
    )


def _left_out(found: Comparison) -> Iterator[Block]:
    """Say which cases are on some sides only, and which are called alike and are not."""
    if found.partial.empty and found.different_work.empty:
        yield Prose("Every case is on every side.")
    if not found.partial.empty:
        yield _partial(found)
    if not found.different_work.empty:
        yield _different_work(found)


def _partial(found: Comparison) -> Table:
    labels = [side.label for side in found.sides]
    rows = tuple(
        (Cell(str(row["name"])), Cell(", ".join(labels[one] for one in row["sides"])))
        for _, row in found.partial.iterrows()
    )
    caption = f"{numbers.number(len(rows), 'case is', 'cases are')} missing on some side"
    head = (Column("case"), Column("only on", filtered=True))
    return Table("partial-table", caption, head, rows, sortable=True)


def _different_work(found: Comparison) -> Table:
    labels = [side.label for side in found.sides]
    rows = tuple(
        (
            Cell(str(row["name"])),
            Cell(labels[row["side"]]),
            Cell(str(row["fact"])),
            Cell(str(row["baseline_value"])),
            Cell(str(row["side_value"])),
        )
        for _, row in found.different_work.iterrows()
    )
    caption = "Called the same, and different work: not compared"
    head = tuple(map(Column, ("case", "side", "fact", "baseline", "this side")))
    return Table("different-table", caption, head, rows, sortable=True)


def _differences(found: Comparison) -> Table | Prose:
    if not found.differences:
        return Prose("Nothing that the files tell: same machine, versions and settings.")
    labels = [side.label for side in found.sides]
    rows = tuple(
        (
            Cell(one.fact),
            Cell(one.kind),
            *(Cell(value) for value in one.values),  # noqa: PD011 - no frame
            Cell("yes" if one.expected else "no"),
            Cell(str(one.n_touched), float(one.n_touched)),
        )
        for one in found.differences
    )
    head = (
        *(Column("fact"), *filtered("kind"), *map(Column, labels)),
        *(*filtered("is what is compared"), *numeric("ratios that may depend on it")),
    )
    caption = "Facts in which the runs differ"
    return Table("differences-table", caption, head, rows, sortable=True)
