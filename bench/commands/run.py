"""``python -m bench run``: measures in several fresh processes."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench.commands.exits import Exit, refusals
from bench.commands.options import Results, console_of
from bench.commands.output import put, say
from bench.commands.request_options import takes_request
from bench.machine import health
from bench.plan.request import Request, allows_tf32, setting_of
from bench.plan.values import SelectionError
from bench.report.progress import LOOKING, StatusLine, Tables, not_shown, of_tf32
from bench.run import runner
from bench.store.files import RUNS, StoreError


@takes_request()
def run(
    request: Request,
    results: Results = RUNS,
    figures: Annotated[bool, typer.Option(help="Draw figures too.")] = False,
    tables: Annotated[Tables, typer.Option(help="Printed before the end.")] = Tables.LADDER,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="The end alone.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish an unfinished run: the newest, or JOURNAL.")
    ] = False,
    journal: Annotated[
        Path | None, typer.Argument(help="With --resume: which run.", show_default=False)
    ] = None,
) -> None:
    """Measure in several fresh processes, and merge them into one run file.

    Exits with 0 when every case was measured or skipped for a reason, 1 when one failed,
    nothing could be measured or the run could not be saved, 2 for a wrong option, 130 after
    Ctrl-C: what was measured is saved, and --resume goes on.
    """
    console = console_of()
    progress = Console(file=io.StringIO()) if quiet else console
    with refusals({StoreError: Exit.FAILED}):
        if resume:
            started = runner.resume(journal, results, progress)
        elif journal is not None:
            raise SelectionError(
                f"{journal}: a run is named only to finish it; give --resume before it."
            )
        else:
            setting = setting_of(request)
            read = health.readings(
                environment={**os.environ, **setting.environment}, cpus=setting.cpus
            )
            products = of_tf32(asked=request.tf32, allowed=allows_tf32(request))
            for text in (*products, *health.before_measuring(read), LOOKING):
                progress.print(text, markup=False, highlight=False, soft_wrap=True)
            started = runner.begin(runner.plan(request), results, progress)
        path, document, complete = started.save(results)
        _show(path, document, console, Tables.NONE if quiet else tables)
        if not complete:
            say(f"To finish it: python -m bench run --resume {started.journal}")
            raise typer.Exit(Exit.INTERRUPTED)
        measured, failed = document["benchmarks"], document["bench"]["failed"]
        if not (measured or failed):
            say(
                "Nothing was measured: every case was skipped, for the reasons above. "
                "`python -m bench doctor` says what this machine lacks."
            )
            raise typer.Exit(Exit.FAILED)
        if figures and measured:
            _draw(document, path.with_suffix(""))
    raise typer.Exit(Exit.FAILED if failed else Exit.OK)


# What showing a run takes is imported once it is measured.


def _show(path: Path, document: dict[str, Any], console: Console, tables: Tables) -> None:
    try:
        _answer(path, document, console, tables)
    except ModuleNotFoundError as error:
        say(not_shown(error))
        say(f"Run file: {path}")


def _answer(path: Path, document: dict[str, Any], console: Console, tables: Tables) -> None:
    from bench.report import closing, source, terminal  # noqa: PLC0415

    width, colour = console.width, console.is_terminal
    console.file.write(terminal.render(document, width=width, colour=colour, tables=tables))
    if document["benchmarks"]:
        with StatusLine(Console(stderr=True, quiet=tables is Tables.NONE)) as line:
            told = source.just_measured(document, path.name, line.write)
        put("\n" + "\n".join(closing.closing(told, str(path), width, closing.program())))
    else:
        say(f"Run file: {path}")


def _draw(document: dict[str, Any], folder: Path) -> None:
    from bench.report.charts.figures import draw_run  # noqa: PLC0415

    draw_run(document, folder)
    say(f"Figures: {folder}{os.sep}")
