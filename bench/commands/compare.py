"""``python -m bench compare``: a stored run against an earlier one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands import verdict_options
from bench.commands.exits import refusals
from bench.commands.options import Output
from bench.compare.reading import compare as judge
from bench.compare.reading import stored_run
from bench.compare.rule import RULE
from bench.report.verdicts.writing import Form


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
    margin: verdict_options.Margin = None,
    form: verdict_options.VerdictForm = Form.TERMINAL,
    output: Output = None,
    every: verdict_options.EveryCase = False,
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
    with refusals(interrupted="Interrupted; nothing was written."):
        allowed = verdict_options.margins(margin, usual=RULE.margin)
        runs = stored_run(before), stored_run(now)
        judgement = judge(*runs, allowed, force=force)
        verdict_options.show(
            judgement, verdict_options.machine_of(runs[1].run), form, output, every=every
        )
    raise typer.Exit(judgement.outcome)
