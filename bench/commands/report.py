"""``python -m bench ladder``: reads its options and hands over."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.exits import Exit
from bench.compare.comparison import AXES, NotComparedError
from bench.plan import values
from bench.plan.values import SelectionError, share
from bench.report.figures.run import FigureError
from bench.report.markdown.run_comment import ladders
from bench.report.writing import Asked, draw, html, markdown, some_run, source
from bench.store.files import RUNS, StoreError, newest_run, read_run, whole
from bench.store.table import write_csv, write_parquet

if TYPE_CHECKING:
    import pandas as pd

    from bench.report.writing import Source

# ``python -m bench report``: reads its options and hands over.


#: Where a report goes unless another place is named.
REPORT = Path("results") / "report"


class Format(str, Enum):
    """What a report can be."""

    HTML = "html"
    MARKDOWN = "md"
    CSV = "csv"
    PARQUET = "parquet"
    FIGURES = "figures"


#: The cases themselves, without anything said of them.
TABLES = (Format.CSV, Format.PARQUET)
#: Markdown and CSV are printed where no place is named.
PLACES = {
    Format.HTML: REPORT / "index.html",
    Format.PARQUET: REPORT / "cases.parquet",
    Format.FIGURES: REPORT / "figures",
}


def report(
    run: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Run files, or folders of them; by default the newest run.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        Format,
        typer.Option("--format", help="md and csv are printed unless --output is given."),
    ] = Format.HTML,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File; for figures a folder.", show_default=False),
    ] = None,
    axis: Annotated[
        str, typer.Option("--compare", help=f"What is compared: auto, {', '.join(AXES)}.")
    ] = "auto",
    baseline: Annotated[
        str | None, typer.Option(help="The run, or device, that others are set against.")
    ] = None,
    target: Annotated[
        str, typer.Option(help="Percent above the optimum's loss that is near enough.")
    ] = "1",
    no_target: Annotated[
        bool,
        typer.Option("--no-target", help="Leave out time to target: steps may need counting."),
    ] = False,
) -> None:
    """Turn stored runs into a page, Markdown, tables or figures to hand on.

    One run: which way of training is fastest and how sure that is, and all the numbers. Two
    to eight runs: side by side, with ratios. More: every case over time.

    Exits with 0 when the report is written; with 1 when it is, but without files that are
    damaged, which are named; with 2 when an option or every run is wrong, or nothing can be
    written; with 4 when the runs share nothing; with 130 after Ctrl-C.
    """
    try:
        values.one_of("--compare", axis, ("auto", *AXES), "comparison")
        asked = Asked(axis, baseline, share("--target", target), not no_target)
        loaded = some_run(run or [newest_run(RUNS)])
        place = output or PLACES.get(form)
        if form in TABLES:
            _table(loaded.cases, form, place)
        else:
            _write(source(loaded, asked, _tell), form, place)
    except KeyboardInterrupt as error:  # nothing is half written; what was counted is kept
        typer.echo("Interrupted; no report was written.", err=True)
        raise typer.Exit(Exit.INTERRUPTED) from error
    except NotComparedError as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.NOTHING) from error
    except (SelectionError, StoreError, FigureError) as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    for one in loaded.damaged:
        _tell(f"WARNING: {one.path} was left out: {one.reason}")
    raise typer.Exit(Exit.FAILED if loaded.damaged else Exit.OK)


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _table(cases: pd.DataFrame, form: Format, place: Path | None) -> None:
    """Write the cases as they are: nothing is compared or counted for that."""
    if place is None:
        write_csv(cases, sys.stdout)
        return
    (write_csv if form is Format.CSV else write_parquet)(cases, place)
    _tell(f"report: {place}")


def _write(found: Source, form: Format, place: Path | None) -> None:
    """Write the report in one form, and say where; Markdown without a place is printed."""
    if place is None:
        typer.echo(markdown(found), nl=False)
    elif form is Format.FIGURES:
        _tell(f"{len(draw(found, place))} files in {place}")
    else:
        _save(html(found) if form is Format.HTML else markdown(found), place)
        _tell(f"report: {place}")


def _save(text: str, place: Path) -> None:
    try:
        with whole(place) as part:
            part.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{place} can't be written: {error.strerror or error}.") from error


# ``python -m bench ladder``: reads its options and hands over.


def ladder(
    run: Annotated[
        Path | None,
        typer.Argument(help="A run file; by default the newest.", show_default=False),
    ] = None,
) -> None:
    """Show a run's kernels from the slowest to the fastest, as Markdown.

    Exits with 2 when the run can't be read, with 3 when it has too few kernels for a ladder.
    """
    try:
        path = newest_run(Path(RUNS)) if run is None else run
        found = ladders(read_run(path))
    except StoreError as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    if not found:
        typer.echo(f"{path.name} has no four kernels with the same batch size.", err=True)
        raise typer.Exit(Exit.UNCLEAR)
    for name, table in found.items():
        typer.echo(f"{name}, seconds per epoch ({path.name}):\n\n{table}")
