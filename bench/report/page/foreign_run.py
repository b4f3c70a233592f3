"""The page about a file of another suite: what it holds, and no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.report.charts.ratios import plain_chart
from bench.report.numbers import engineering, measured, number, significant
from bench.report.page import blocks
from bench.report.page.machine_section import machine_section, method_section
from bench.report.page.run_section import date, subtitle

if TYPE_CHECKING:
    from bench.report.page.one_run import Material

HEAD = (
    blocks.Column("benchmark"),
    *blocks.filtered("group"),
    *blocks.numeric("median", "95% interval", "quartiles", "rounds"),
    blocks.Column("parameters"),
)
ORIGIN = blocks.Prose(
    "The file was not measured by this suite: it does not say how good its numbers are, and "
    "medians are known to an interval only where it holds the rounds.",
    "note",
)


def foreign_run(material: Material) -> blocks.Page:
    """Make the page.

    Parameters
    ----------
    material : Material
        Any file of pytest-benchmark.
    """
    document = material.document
    return blocks.Page(
        title=f"Benchmarks of {material.name}",
        subtitle=subtitle(document),
        sections=(
            blocks.Section("run", "The run", (blocks.Facts(tuple(_facts(document))), ORIGIN)),
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


def _benchmarks(material: Material) -> blocks.Section:
    """Show what the file holds."""
    table = material.table
    if table.empty:
        return blocks.Section(
            "cases", "Benchmarks", (blocks.Prose("The file holds no benchmark."),)
        )
    benchmarks = material.document["benchmarks"]
    names = [str(one.get("fullname") or one["name"]) for one in benchmarks]
    groups = [str(one.get("group") or "no group") for one in benchmarks]
    table = table.assign(name=names, group=groups)
    rows = tuple(
        _row(row, one) for (_, row), one in zip(table.iterrows(), benchmarks, strict=True)
    )
    listed = blocks.Table("cases-table", "Every benchmark", HEAD, rows, sortable=True)
    return blocks.Section("cases", "Benchmarks", (plain_chart(table), listed))


def _row(row: pd.Series, benchmark: Mapping[str, Any]) -> tuple[blocks.Cell, ...]:
    width = (row["high"] - row["low"]) / 2
    quartiles = [benchmark["stats"].get(name) for name in ("q1", "q3")]
    params = benchmark.get("params")
    rounds = row["rounds"]
    return (
        blocks.Cell(row["name"]),
        blocks.Cell(row["group"]),
        blocks.Cell(measured(row["seconds"], width), float(row["seconds"])),
        blocks.Cell(_span(row["seconds"], (row["low"], row["high"]), width), width),
        blocks.Cell(_span(row["seconds"], quartiles, None)),
        blocks.Cell("–") if pd.isna(rounds) else blocks.Cell(f"{rounds:g}", float(rounds)),
        blocks.Cell(", ".join(f"{name} {value}" for name, value in _mapping(params).items())),
    )


def _span(value: float, ends: Sequence[Any], width: float | None) -> str:
    """Write where a value lies between."""
    if not all(isinstance(end, (int, float)) and pd.notna(end) for end in ends):
        return "–"
    low, high = ends
    digits = significant(value, width)
    return f"{engineering(low, 's', digits)} to {engineering(high, 's', digits)}"
