"""``python -m bench import``: takes runs of pytest-benchmark in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.exits import UNDONE, Exit, refusals, tell
from bench.commands.options import Results
from bench.report import numbers
from bench.store.files import RUNS, StoreError
from bench.store.importing import import_runs
from bench.store.table import read


def import_(
    source: Annotated[
        list[Path],
        typer.Argument(help="pytest-benchmark's .benchmarks, or files.", show_default=False),
    ],
    results: Results = RUNS,
) -> None:
    """Copy runs that pytest-benchmark has stored into the history, unchanged and each once.

    Exits with 0 when all are in; with 1 when files were left, since they are damaged or tell no
    time, or one can't be written; with 2 when nothing can be read; with 130 after Ctrl-C.
    """
    with refusals(interrupted=UNDONE):
        read(source, columns=())  # what is missing is the user's, what can't be written is not
    with refusals({StoreError: Exit.FAILED}, UNDONE):
        found = import_runs(source, results)
    for original, copy in found.copied:
        tell(f"{original} -> {copy}")
    for one in found.left:
        tell(f"WARNING: {one.path} was left: {one.reason}", err=True)
    copied = numbers.number(len(found.copied), "run")
    tell(
        f"{copied} copied to {results}, {len(found.known)} known already, "
        f"{len(found.left)} left."
    )
    if found.left and not found.copied and not found.known:
        raise typer.Exit(Exit.USAGE)
    raise typer.Exit(Exit.FAILED if found.left else Exit.OK)
