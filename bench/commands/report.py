"""``python -m bench report``: stored runs as something to hand on."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console

from bench.commands.exits import Exit, refusals
from bench.commands.options import Output, console_of
from bench.commands.output import say
from bench.commands.request_options import takes_request
from bench.commands.verdict_options import margins
from bench.compare.comparison import AXES, NotComparedError
from bench.plan import values
from bench.plan.request import Request
from bench.plan.values import SelectionError
from bench.report.closing import closing
from bench.report.markdown.run_comment import ladders
from bench.report.numbers import in_lines, printed
from bench.report.progress import StatusLine, Tables
from bench.report.source import (
    Asked,
    Source,
    draw,
    html,
    just_measured,
    markdown,
    some_run,
    source,
)
from bench.report.terminal import render
from bench.stats.verdict import Margins
from bench.store.decoding import is_own
from bench.store.export import write_csv, write_parquet
from bench.store.files import RUNS, read_run, write_text
from bench.store.table import lacking, newest_run

#: Where a report goes unless another place is named.
REPORT = Path("results") / "report"


class Format(str, Enum):
    """What a report can be."""

    HTML = "html"
    MARKDOWN = "md"
    CSV = "csv"
    PARQUET = "parquet"
    FIGURES = "figures"
    LADDER = "ladder"
    TERMINAL = "terminal"


#: The cases themselves, without anything said of them.
TABLES = (Format.CSV, Format.PARQUET)
#: What is text is printed where no place is named.
PLACES = {
    Format.HTML: REPORT / "index.html",
    Format.PARQUET: REPORT / "cases.parquet",
    Format.FIGURES: REPORT / "figures",
}


@takes_request("tolerance")
def report(
    request: Request,
    run: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Run files, or folders of them; by default the newest run.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="What it is.")] = Format.HTML,
    output: Output = None,
    axis: Annotated[
        str, typer.Option("--compare", help=f"What is compared: auto, {', '.join(AXES)}.")
    ] = "auto",
    baseline: Annotated[
        str | None, typer.Option(help="The run, or device, that others are set against.")
    ] = None,
    no_target: Annotated[
        bool,
        typer.Option("--no-target", help="Leave out time to target: steps may need counting."),
    ] = False,
    tables: Annotated[Tables, typer.Option(help="In the terminal, which.")] = Tables.LADDER,
) -> None:
    """Turn stored runs into a page, Markdown, tables or figures to hand on.

    --output is a file, or a folder for figures; without it, Markdown and CSV are printed.

    One run: which way of training is fastest and how sure that is, and all the numbers. Two
    to eight runs: side by side, with ratios. More: every case over time.

    Exits with 0 when the report is written; with 1 when it is, but without files that are
    damaged, which are named; with 2 when an option or every run is wrong, or nothing can be
    written; with 4 when the runs share nothing; with 130 after Ctrl-C.
    """
    codes = {NotComparedError: Exit.NOTHING}
    with refusals(codes, interrupted="Interrupted; no report was written."):
        values.one_of("--compare", axis, ("auto", *AXES), "comparison")
        asked = Asked(axis, baseline, request.tolerance, not no_target)
        loaded = some_run(run or [newest_run(RUNS)])
        for sentence in lacking(loaded.runs):
            say(f"WARNING: {sentence}", error=True)
        place = output or PLACES.get(form)
        if form is Format.LADDER:
            _hand_on(_ladder(loaded.runs), place)
        elif form is Format.TERMINAL:
            _hand_on(_terminal(loaded.runs, tables), place)
        elif form in TABLES:
            _table(loaded.cases, form, place)
        else:
            with StatusLine(Console(stderr=True)) as line:
                found = source(loaded, asked, line.write)
            _write(found, form, place)
    for one in loaded.damaged:
        say(f"WARNING: {one.path} was left out: {one.reason}", error=True)
    raise typer.Exit(Exit.FAILED if loaded.damaged else Exit.OK)


def _table(cases: pd.DataFrame, form: Format, place: Path | None) -> None:
    """Write the cases as they are: nothing is compared or counted for that."""
    if place is None:
        if sys.stdout.isatty():
            texts = cases.select_dtypes("string")
            cases = cases.assign(**texts.map(in_lines, na_action="ignore"))
        write_csv(cases, sys.stdout)
        return
    (write_csv if form is Format.CSV else write_parquet)(cases, place)
    say(f"report: {place}", error=True)


def _single(runs: pd.DataFrame) -> Path:
    if len(runs) > 1:
        raise SelectionError(f"this is of one run, and {len(runs)} were given.")
    return Path(str(runs["path"].iloc[0]))


def _terminal(runs: pd.DataFrame, tables: Tables) -> str:
    """Write what a command that had just measured the run would end with."""
    path = _single(runs)
    document, width = in_lines(read_run(path)), console_of().width
    if not is_own(document):
        raise SelectionError(f"{path} is not of this suite; its page shows what is in it.")
    with StatusLine(Console(stderr=True)) as line:
        found = just_measured(document, path.name, line.write)
    ending = closing(found, printed(path), width)
    shown = render(document, width=width, colour=False, tables=tables)
    return "\n".join([shown, *ending, ""])


def _ladder(runs: pd.DataFrame) -> str:
    """Write the kernels of a run from the slowest to the fastest."""
    path = _single(runs)
    found = ladders(in_lines(read_run(path)))
    if not found:
        say(f"{path.name} has no four kernels with the same batch size.", error=True)
        raise typer.Exit(Exit.UNCLEAR)
    return "".join(
        f"{where}, seconds per epoch ({printed(path.name)}):\n\n{table}\n"
        for where, table in found.items()
    )


def _write(found: Source, form: Format, place: Path | None) -> None:
    """Write the report in one form, and say where."""
    if form is Format.FIGURES and place is not None:
        saved = draw(found, place)
        say(f"{len(saved.paths)} files in {place}", error=True)
        for kind, reason in saved.left_out.items():
            say(f"no figure of {kind}: {reason}", error=True)
    else:
        as_page = form is Format.HTML
        _hand_on(html(found, _margins) if as_page else markdown(found), place)


def _hand_on(text: str, place: Path | None) -> None:
    """Write a text whole, or not at all; print it where no place is named."""
    if place is None:
        sys.stdout.write(text)
        return
    write_text(place, text)
    say(f"report: {place}", error=True)


def _margins(usual: float) -> Margins:
    return margins(usual=usual)
