"""``python -m bench run``: measures in several fresh processes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.exits import Exit, refusals
from bench.commands.options import Results, console_of, takes_request
from bench.plan.request import Request
from bench.plan.values import SelectionError
from bench.run import preparing, runner
from bench.store.files import RUNS, StoreError


@takes_request()
def run(
    request: Request,
    results: Results = RUNS,
    figures: Annotated[bool, typer.Option(help="Draw figures.")] = True,
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
    with refusals({StoreError: Exit.FAILED}):
        if resume:
            ending = runner.resume(journal, results, console, draw=figures)
        elif journal is not None:
            raise SelectionError(
                f"{journal}: a run is named only to finish it; give --resume before it."
            )
        else:
            ending = runner.start(preparing.plan(request), results, console, draw=figures)
    raise typer.Exit(ending)
