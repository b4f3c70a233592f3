"""``python -m bench compare``: reads its options and hands over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.exits import Exit
from bench.compare.rates import Machine, with_rates
from bench.compare.reading import compare as judge
from bench.compare.reading import margins, stored_run
from bench.plan.values import SelectionError
from bench.report.verdicts import Form, write
from bench.store.facts import known
from bench.store.files import StoreError


def compare(
    before: Annotated[
        Path,
        typer.Argument(help="The earlier run: a file, or a folder for its newest."),
    ],
    now: Annotated[Path, typer.Argument(help="The run that is judged.")],
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Compare what can't be compared all the same, and mark it."
        ),
    ] = False,
    margin: Annotated[
        str | None,
        typer.Option(
            help="Percent that a case may change and still be the same; by default 1.5, or "
            "as pyproject.toml says, whose patterns hold in any case.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[Form, typer.Option("--format")] = Form.TERMINAL,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to this file.", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List every case.")] = False,
) -> None:
    """Say which cases of a stored run are slower than those of an earlier one.

    Refuses what can't be compared: another machine, other versions or settings, other work.
    Measure both runs with --processes 5; where both can be run now, python -m bench ab tells
    smaller changes.

    Exits with 0 when no case is slower; with 1 when one is, and each half of the processes
    shows it; with 2 when an option or a file is wrong; with 3 when cases are unclear,
    untrusted, missing, or slower and unconfirmed; with 4 when nothing can be compared; with
    130 after Ctrl-C.
    """
    try:
        allowed = margins(margin)
        runs = stored_run(before), stored_run(now)
        found = judge(*runs, allowed, force=force)
        told = runs[1].run
        names = [
            str(value) if known(value) else None
            for value in (told["fingerprint_id"], told["node"])
        ]
        found = with_rates(found, Machine(*names))
        write(found, form, output, every=every)
    except KeyboardInterrupt as error:
        typer.echo("Interrupted; nothing was written.", err=True)
        raise typer.Exit(Exit.INTERRUPTED) from error
    except (SelectionError, StoreError) as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    if output is not None:
        typer.echo(f"verdicts: {output}", err=True)
    raise typer.Exit(found.outcome)
