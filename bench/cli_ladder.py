"""``python -m bench ladder``: reads its options and hands over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.exits import Exit
from bench.report.markdown.ladder import ladders
from bench.store import RUNS, StoreError, newest_run, read_run


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
