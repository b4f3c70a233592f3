"""``python -m bench track``: reads its options and hands over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from bench.commands.exits import Exit
from bench.compare.rates import Machine, with_rates
from bench.compare.reading import margins
from bench.history.reading import NotConfirmedError, against_baseline, choose, track
from bench.plan.values import SelectionError
from bench.report.verdicts import Form, write
from bench.store.facts import known
from bench.store.files import RUNS, StoreError, newest_run
from bench.store.prune import pin

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bench.compare.verdict import Judgement, Margins, Outcome


@dataclass(frozen=True)
class _Asked:
    """What the command line asks for, beside the run."""

    margins: Margins
    history: tuple[Path, ...]
    baseline: Path | None
    confirm: bool
    any_node: bool
    form: Form
    output: Path | None
    every_case: bool


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
    every_case: Annotated[bool, typer.Option("--all", help="List every case.")] = False,
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
    try:
        asked = _Asked(
            margins(margin), tuple(history or ()), baseline, confirm, any_node, form, output,
            every_case,
        )  # fmt: skip
        code = _judge(_found(run, asked.history), asked)
    except KeyboardInterrupt as error:
        typer.echo("Interrupted; what was measured is saved.", err=True)
        raise typer.Exit(Exit.INTERRUPTED) from error
    except (SelectionError, StoreError) as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    raise typer.Exit(code)


def _found(run: Path | None, history: tuple[Path, ...]) -> Path:
    """Return the run that is judged."""
    if run is not None:
        return newest_run(run) if run.is_dir() else run
    try:
        return newest_run(RUNS)
    except StoreError:
        if not history:
            raise
        return newest_run(history[0])


def _judge(run: Path, asked: _Asked) -> Outcome:
    """Judge a run and write what is said of it."""
    chosen = choose(run, asked.history or (run.parent,), any_node=asked.any_node)
    if asked.baseline is not None:
        found = _pinned(against_baseline(chosen, asked.baseline, asked.margins), asked.baseline)
    else:
        found = track(chosen, asked.margins, _remeasure(run) if asked.confirm else None)
    told = chosen.history.runs.iloc[-1]
    names = [
        str(value) if known(value) else None for value in (told["fingerprint_id"], told["node"])
    ]
    found = with_rates(found, Machine(*names))
    write(found, asked.form, asked.output, every=asked.every_case)
    if asked.output is not None:
        typer.echo(f"verdicts: {asked.output}", err=True)
    return found.outcome


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
        from bench.run.again import (  # noqa: PLC0415 - it imports the frameworks' backends
            FOLDER,
            NotAgainError,
            remeasure,
        )

        try:
            return remeasure(document, names, run.parent / FOLDER, Console(stderr=True))
        except (NotAgainError, StoreError) as error:
            raise NotConfirmedError(str(error).rstrip(".")) from error

    return again
