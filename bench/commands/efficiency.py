"""``python -m bench efficiency``: how near each case comes to what the machine can do."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from bench.advise.bounds import NothingToSayError, assess, narrowed
from bench.advise.devices import NotComparableError, by_threads, efficiencies
from bench.advise.roofline import DECLARING
from bench.commands.exits import Exit, refusals
from bench.commands.options import AsJson, Figure, console_of
from bench.commands.output import put, say
from bench.commands.request_options import asked
from bench.plan import values
from bench.plan.values import SelectionError
from bench.report import efficiency as report
from bench.report.charts.efficiency import roofline_chart
from bench.report.charts.files import write_figure
from bench.report.numbers import in_lines, printed
from bench.store import tidy
from bench.store.files import RUNS, read_run
from bench.store.table import newest_run

#: The control that every roof needs.
ROOF = "matmul"


def efficiency(
    run: Annotated[
        list[Path] | None,
        typer.Argument(
            help="A run: a file, or a folder for its newest, by default the newest of all; or "
            "several, of different --threads.",
            show_default=False,
        ),
    ] = None,
    kernels: Annotated[str | None, asked("kernels")] = None,
    cases: Annotated[str | None, typer.Option(help=", ".join(DECLARING) + ".")] = None,
    why: Annotated[
        bool, typer.Option("--why", help="Print the numbers behind each word.")
    ] = False,
    as_json: AsJson = False,
    figure: Figure = None,
) -> None:
    """Say how near each case comes to what the machine can do, and what bounds it.

    One run: its roofline, and with a GPU from which size on that is faster. Several runs
    that differ in --threads: speedup and parallel efficiency.

    Exits with 2 when a run can't be read or an option is wrong, with 3 when a run lacks the
    controls or cases for an answer, with 4 when runs can't be compared.
    """
    codes = {NothingToSayError: Exit.UNCLEAR, NotComparableError: Exit.NOTHING}
    with refusals(codes):
        if run and len(run) > 1:
            if figure is not None:
                raise SelectionError("--figure draws the roofline of one run; give one.")
            run = [newest_run(path) for path in run]
            if len(set(run)) < len(run):
                raise SelectionError(
                    "a run is given twice; give one for each number of threads."
                )
            documents = {printed(path): in_lines(read_run(path)) for path in run}
            table = efficiencies(by_threads(documents))
            table = narrowed(table, *_chosen(table, kernels, cases))
            if as_json:
                _write(report.parallel_document(table))
            else:
                report.parallel(console_of(), table)
            return
        folder = run[0] if run else RUNS
        path = newest_run(folder, ROOF)
        if path != newest_run(folder):
            say(f"Of {printed(path)}: newer runs lack the controls of the machine.", error=True)
        document = in_lines(read_run(path))
        found = assess(document)
        found = found.only(*_chosen(found.cases, kernels, cases))
        if figure is not None:
            from bench.report.charts import static  # noqa: PLC0415 - it imports matplotlib

            chart = roofline_chart(found, tidy.interval_frame(document))
            write_figure(partial(static.figure, chart, path.name, {}, facet="device"), figure)
        if as_json:
            _write(report.roofline_document(printed(path.name), found))
        else:
            console = console_of()
            report.rooflines(console, found.cases, found.roofs, why=why)
            report.devices(console, found.crossings)


def _chosen(
    table: pd.DataFrame, kernels: str | None, cases: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read which kernels and cases are wanted, out of those that there are."""
    allowed = tuple(dict.fromkeys(map(str, table["kernel"])))
    modules = tuple(case for case in DECLARING if (table["case"] == case).any())
    return (
        allowed if kernels is None else values.names("--kernels", kernels, allowed, "kernel"),
        modules if cases is None else values.names("--cases", cases, modules, "case"),
    )


def _write(document: dict[str, Any]) -> None:
    put(json.dumps(document, indent=2, allow_nan=False))
