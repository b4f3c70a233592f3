"""The page about a file of another suite: what it holds, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.report.charts.ratios import plain_chart
from bench.report.numbers import engineering, measured, number, significant
from bench.report.page.blocks import (
    Cell,
    Column,
    Facts,
    Page,
    Prose,
    Section,
    Table,
    filtered,
    numeric,
)
from bench.report.page.machine_section import machine_section, method_section
from bench.report.page.run_section import date, subtitle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.report.page.one_run import Material

HEAD = (
    Column("benchmark"),
    *filtered("group"),
    *numeric("median", "95% interval", "quartiles", "rounds"),
    Column("parameters"),
)
ORIGIN = Prose(
    "The file was not measured by this suite: it does not say how good its numbers are, and "
    "medians are known to an interval only where it holds the rounds.",
    "note",
)


def foreign_run(material: Material) -> Page:
    """Make the page.

    Parameters
    ----------
    material : Material
        Any file of pytest-benchmark.

    Returns
    -------
    Page
    """
    document = material.document
    return Page(
        title=f"Benchmarks of {material.name}",
        subtitle=subtitle(document),
        sections=(
            Section("run", "The run", (Facts(tuple(_facts(document))), ORIGIN)),
            _benchmarks(material),
            machine_section(material),
            method_section(material),
        ),
        made_by=f"Made by python -m bench report from {material.name}; every number on this "
        f"page is in that file.",
    )


def _facts(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    machine = _mapping(document.get("machine_info"))
    cpu = _mapping(machine.get("cpu"))
    yield "Machine", str(cpu.get("brand_raw") or machine.get("node") or "–")
    yield "Python", str(machine.get("python_version") or "–")
    commit = _mapping(document.get("commit_info"))
    if commit.get("id"):
        dirty = ", changed since" if commit.get("dirty") else ""
        yield "Commit", f"{str(commit['id'])[:10]}{dirty}"
    yield "Date", date(document)
    yield "Measured", f"{number(len(document['benchmarks']), 'benchmark')}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _benchmarks(material: Material) -> Section:
    """Show what the file holds."""
    table = material.table
    if table.empty:
        return Section("cases", "Benchmarks", (Prose("The file holds no benchmark."),))
    benchmarks = material.document["benchmarks"]
    names = [str(one.get("fullname") or one["name"]) for one in benchmarks]
    groups = [str(one.get("group") or "no group") for one in benchmarks]
    table = table.assign(name=names, group=groups)
    rows = tuple(
        _row(row, one) for (_, row), one in zip(table.iterrows(), benchmarks, strict=True)
    )
    listed = Table("cases-table", "Every benchmark", HEAD, rows, sortable=True)
    return Section("cases", "Benchmarks", (plain_chart(table), listed))


def _row(row: pd.Series, benchmark: Mapping[str, Any]) -> tuple[Cell, ...]:
    width = (row["high"] - row["low"]) / 2
    quartiles = [benchmark["stats"].get(name) for name in ("q1", "q3")]
    params = benchmark.get("params")
    rounds = row["rounds"]
    return (
        Cell(row["name"]),
        Cell(row["group"]),
        Cell(measured(row["seconds"], width), float(row["seconds"])),
        Cell(_span(row["seconds"], (row["low"], row["high"]), width), width),
        Cell(_span(row["seconds"], quartiles, None)),
        Cell("–") if pd.isna(rounds) else Cell(f"{rounds:g}", float(rounds)),
        Cell(", ".join(f"{name} {value}" for name, value in _mapping(params).items())),
    )


def _span(value: float, ends: Sequence[Any], width: float | None) -> str:
    """Write where a value lies between."""
    if not all(isinstance(end, (int, float)) and pd.notna(end) for end in ends):
        return "–"
    low, high = ends
    digits = significant(value, width)
    return f"{engineering(low, 's', digits)} to {engineering(high, 's', digits)}"
