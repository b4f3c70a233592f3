"""Cases over time, and the runs that they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bench.analyze.comparing.over_time import over_time, points
from bench.report.charts.history import history_chart
from bench.report.comparing_text import what
from bench.report.digits import measured
from bench.report.page.blocks import Cell, Column, Page, Prose, Section, Table
from bench.report.quality_tables import percent
from bench.report.ratio_text import ratio
from bench.report.units import number

if TYPE_CHECKING:
    from bench.loading.loaded import Loaded

#: Longer tables of runs show their newest.
MOST_RUNS = 200
HEAD = (
    Column("what"),
    Column("case", filtered=True),
    Column("runs", number=True),
    Column("first", number=True),
    Column("median", number=True),
    Column("last", number=True),
    Column("spread between runs", number=True),
    Column("last against earlier (95%)", number=True),
    Column("name"),
)
LEGEND = (
    "The spread is the relative standard deviation of the runs, by the median absolute "
    "deviation. The last run is set against the median of the earlier ones; the interval is "
    "what one more run could show by chance, and is given from five runs on."
)


def many_runs(loaded: Loaded, warnings: tuple[str, ...]) -> Page:
    """Make the page about more runs than fit side by side.

    Parameters
    ----------
    loaded : Loaded
    warnings : tuple of str
        What speaks against comparing them.

    Returns
    -------
    Page
    """
    runs = loaded.runs
    taken = runs["taken"].dropna()
    span = f", {taken.min():%Y-%m-%d} to {taken.max():%Y-%m-%d}" if len(taken) else ""
    prints = runs["fingerprint_id"].nunique()
    told = Prose(f"{len(runs)} runs of {number(prints, 'fingerprint')}{span}.")
    drawn = points(loaded.cases, runs)
    found = over_time(loaded.cases, runs, drawn)
    return Page(
        title=f"{len(runs)} runs over time",
        subtitle=f"{found['key'].nunique()} cases{span}",
        sections=(
            Section("run", "The runs", (told, *(Prose(text, "warning") for text in warnings))),
            Section("answer", "The answer", (Prose(_outcome(found)),)),
            history_section(loaded, drawn, found),
            Section("runs", "Every run", (runs_table(runs),)),
        ),
        made_by=f"Made by python -m bench report from {len(runs)} run files; every number on "
        f"this page is in these files.",
    )


def _outcome(found: pd.DataFrame) -> str:
    """Say how the last run of each case stands against its earlier ones."""
    judged = found[found["ratio_low"].notna()]
    longer = judged[judged["ratio_low"] > 1].sort_values("ratio", ascending=False)
    shorter = judged[judged["ratio_high"] < 1].sort_values("ratio")
    said = (
        f"Of {number(len(judged), 'case')} with earlier runs enough, the last took longer than "
        f"these let expect in {len(longer)}, and less in {len(shorter)}; by chance alone "
        f"one in 40 does each way."
    )
    for rows, word in ((longer, "longest"), (shorter, "shortest")):
        if len(rows):
            row = rows.iloc[0]
            text = ratio(row["ratio"], row["ratio_low"], row["ratio_high"])
            said += f" Against its earlier runs {row['name']} took {word}: {text}."
    return said


def history_section(
    loaded: Loaded, drawn: pd.DataFrame | None = None, found: pd.DataFrame | None = None
) -> Section:
    """Show each case over time.

    Parameters
    ----------
    loaded : Loaded
    drawn, found : DataFrame or None
        From ``bench.analyze.comparing.over_time``, where they are there already.

    Returns
    -------
    Section
    """
    title = "Each case over time"
    if drawn is None:
        drawn = points(loaded.cases, loaded.runs)
    chart = history_chart(drawn, loaded.runs)
    if chart is None:
        few = Prose("Fewer than two runs tell when they were taken.")
        return Section("history", title, (few,))
    if found is None:
        found = over_time(loaded.cases, loaded.runs, drawn)
    rows = tuple(_row(row) for _, row in found.iterrows())
    table = Table("history-table", "Each case: first, last, spread", HEAD, rows, sortable=True)
    return Section("history", title, (chart, Prose(LEGEND, "note"), table))


def _row(row: pd.Series) -> tuple[Cell, ...]:
    case = row.get("case")
    width = row["spread"] * row["median"] if pd.notna(row["spread"]) else None
    return (
        Cell(what(row)),
        Cell(case if isinstance(case, str) else ""),
        Cell(str(row["n_runs"]), float(row["n_runs"])),
        *(
            Cell(measured(row[name], width), float(row[name]))
            for name in ("first", "median", "last")
        ),
        Cell(f"±{percent(row['spread'])}", row["spread"]) if width is not None else Cell("–"),
        Cell(ratio(row["ratio"], row["ratio_low"], row["ratio_high"]), row["ratio"]),
        Cell(str(row["name"])),
    )


def runs_table(runs: pd.DataFrame) -> Table:
    """List the runs, the newest of many.

    Parameters
    ----------
    runs : DataFrame
        From ``bench.loading``.

    Returns
    -------
    Table
    """
    shown = runs.tail(MOST_RUNS)
    head = (
        Column("run"),
        Column("taken (UTC)"),
        Column("machine"),
        Column("GPU"),
        Column("fingerprint", filtered=True),
        Column("preset", filtered=True),
        Column("status", filtered=True),
        Column("cases", number=True),
        Column("failed", number=True),
    )
    caption = "The runs" if len(shown) == len(runs) else f"The newest {len(shown)} runs"
    rows = tuple(_run(row) for _, row in shown.iterrows())
    return Table("runs-table", caption, head, rows, sortable=True)


def _run(row: pd.Series) -> tuple[Cell, ...]:
    texts = ("cpu_model", "gpus", "fingerprint_id", "preset", "status")
    taken = "–" if pd.isna(row["taken"]) else f"{row['taken']:%Y-%m-%d %H:%M}"
    return (
        Cell(str(row["run"])),
        Cell(taken),
        *(Cell(_text(row[name], name)) for name in texts),
        *(_count(row[name]) for name in ("n_cases", "n_failed")),
    )


def _text(value: object, name: str) -> str:
    """Write a fact of a run; of GPUs, that it has none, where it says so."""
    if not isinstance(value, str):
        return "–"
    return "none" if name == "gpus" and not value else value


def _count(value: object) -> Cell:
    return Cell("–") if pd.isna(value) else Cell(str(value), float(str(value)))  # type: ignore[call-overload]
