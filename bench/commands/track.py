"""``python -m bench track``: a run against the history of its machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench.commands import verdict_options
from bench.commands.exits import refusals
from bench.commands.options import Output
from bench.history.reading import NotConfirmedError, against_baseline, choose, track
from bench.report.verdicts.writing import Form
from bench.stats.verdict import Judgement
from bench.store.files import RUNS, StoreError
from bench.store.prune import pin
from bench.store.table import newest_run


def track_(
    run: Annotated[
        Path | None,
        typer.Argument(
            help="The run that is judged: a file, or a folder for its newest; by default the "
            "newest.",
            show_default=False,
        ),
    ] = None,
    history: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of earlier runs; may be given again. By default that of the run.",
            show_default=False,
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            help="Judge against this run alone, and pin it: prune never removes it.",
            show_default=False,
        ),
    ] = None,
    confirm: Annotated[
        bool, typer.Option(help="Measure again what is flagged, where that can be done here.")
    ] = True,
    any_node: Annotated[
        bool,
        typer.Option(
            "--any-node", help="Take runs of other host names for this machine's, if alike."
        ),
    ] = False,
    margin: verdict_options.Margin = None,
    form: verdict_options.VerdictForm = Form.TERMINAL,
    output: Output = None,
    every: verdict_options.EveryCase = False,
) -> None:
    """Say whether this machine, or this code, is slower than it was in earlier runs.

    A run is judged by how far the earlier runs of the same machine and fingerprint lie apart;
    five are needed. What is flagged is measured again, up to three times. Controls, which
    touch no kernel, tell a slower machine from slower code: measure them with every run
    (--cases machine and others).

    Exits with 0 when nothing is slower; with 1 when something is, and that is confirmed; with
    2 when an option or a file is wrong; with 3 when cases are unclear, untrusted, missing, or
    slower and unconfirmed; with 4 when no case can be compared; with 130 after Ctrl-C.
    """
    with refusals(interrupted="Interrupted; what was measured is saved."):
        allowed = verdict_options.margins(margin)
        judged = _found(run, history or [])
        chosen = choose(judged, tuple(history or (judged.parent,)), any_node=any_node)
        if baseline is not None:
            judgement = _pinned(against_baseline(chosen, baseline, allowed), baseline)
        else:
            judgement = track(chosen, allowed, _remeasure(judged) if confirm else None)
        machine = verdict_options.machine_of(chosen.history.runs.iloc[-1])
        verdict_options.show(judgement, machine, form, output, every=every)
    raise typer.Exit(judgement.outcome)


def _found(run: Path | None, history: list[Path]) -> Path:
    """Return the run that is judged."""
    if run is not None:
        return newest_run(run)
    try:
        return newest_run(RUNS)
    except StoreError:
        if not history:
            raise
        return newest_run(history[0])


def _pinned(found: Judgement, baseline: Path) -> Judgement:
    """Pin a baseline; where that fails, the verdict stands, and says so."""
    try:
        pin(baseline)
    except StoreError as error:
        return replace(found, warnings=(*found.warnings, str(error)))
    return found


def _remeasure(run: Path) -> Any:
    """Return what measures cases of a run again; libraries are imported when it does."""

    def again(document: Mapping[str, Any], names: Collection[str]) -> Path:
        from bench.run.remeasuring import (  # noqa: PLC0415 - it imports the frameworks' backends
            FOLDER,
            NotAgainError,
            remeasure,
        )

        try:
            return remeasure(document, names, run.parent / FOLDER, Console(stderr=True))
        except (NotAgainError, StoreError) as error:
            raise NotConfirmedError(str(error).rstrip(".")) from error

    return again
