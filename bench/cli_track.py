"""``python -m bench track``: reads its options and hands over."""

from __future__ import annotations

import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console

from bench.analyze.comparing.facts import known
from bench.exits import OF_OUTCOME, Exit
from bench.judging.rates_file import Machine, with_rates
from bench.keeping.pinned import pin
from bench.report.verdicts import Form, write
from bench.selection import parsing
from bench.selection.parsing import SelectionError
from bench.store import RUNS, StoreError, newest_run
from bench.tracking.against_baseline import against_baseline
from bench.tracking.confirming import NotConfirmedError, track
from bench.tracking.reading import choose
from bench.tracking.watching import duration, watch
from bench.verdict_settings import margins

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bench.analyze.verdicts.judgement import Judgement
    from bench.analyze.verdicts.margins import Margins

MOST_ROUNDS = 1_000_000


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
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN] | -- OPTIONS",
            help="The run that is judged, by default the newest; or, with --watch, the options "
            "of python -m bench run.",
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
    watching: Annotated[
        bool, typer.Option("--watch", help="Measure, judge, wait, and so on.")
    ] = False,
    every: Annotated[
        str | None,
        typer.Option(
            help="With --watch, from begin to begin: 30m, 24h, 1d.", show_default=False
        ),
    ] = None,
    times: Annotated[
        str | None, typer.Option(help="With --watch: so many rounds.", show_default=False)
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
    slower and unconfirmed; with 4 when no case can be compared; with 130 after Ctrl-C. With
    --watch and --times it is the last round that counts; one that failed counts as unclear.
    """
    try:
        asked = _Asked(
            margins(margin), tuple(history or ()), baseline, confirm, any_node, form, output,
            every_case,
        )  # fmt: skip
        if watching:
            code = _watch(words or [], every, times, asked)
        else:
            _refuse(words or [], every, times)
            code = _judge(_run(words or [], asked.history), asked)
    except KeyboardInterrupt as error:
        typer.echo("Interrupted; what was measured is saved.", err=True)
        raise typer.Exit(Exit.INTERRUPTED) from error
    except (SelectionError, StoreError) as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    raise typer.Exit(code)


def _refuse(words: list[str], every: str | None, times: str | None) -> None:
    if every is not None or times is not None:
        raise SelectionError("--every and --times go with --watch.")
    if len(words) > 1:
        raise SelectionError(
            f"one run is judged at a time, not {len(words)}; earlier ones are named as "
            f"--history FOLDER, a single one as --baseline RUN."
        )


def _run(words: list[str], history: tuple[Path, ...]) -> Path:
    """Return the run that is judged."""
    if words:
        path = Path(words[0])
        return newest_run(path) if path.is_dir() else path
    try:
        return newest_run(RUNS)
    except StoreError:
        if not history:
            raise
        return newest_run(history[0])


def _judge(run: Path, asked: _Asked) -> Exit:
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
    return OF_OUTCOME[found.outcome]


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
        from bench.tracking.remeasuring import (  # noqa: PLC0415
            FOLDER,
            NotAgainError,
            remeasure,
        )

        try:
            return remeasure(document, names, run.parent / FOLDER, Console(stderr=True))
        except (NotAgainError, StoreError) as error:
            raise NotConfirmedError(str(error).rstrip(".")) from error

    return again


def _watch(words: list[str], every: str | None, times: str | None, asked: _Asked) -> Exit:
    """Measure and judge on a schedule."""
    from bench.tracking.measuring import measure  # noqa: PLC0415

    if every is None:
        raise SelectionError("--watch needs --every, as in --every 24h.")
    if any(word.partition("=")[0] == "--results" for word in words):
        raise SelectionError("--watch appends to the history: give --history, not --results.")
    seconds = duration("--every", every)
    rounds = None if times is None else parsing.whole_number("--times", times, MOST_ROUNDS)
    folder = asked.history[0] if asked.history else RUNS

    def one() -> Exit:
        try:
            return _judge(measure(words, folder), asked)
        except StoreError as error:
            typer.echo(f"ERROR: this round failed: {error}", err=True)
            return Exit.UNCLEAR

    before = signal.signal(signal.SIGTERM, _stopped)
    try:
        return watch(one, lambda text: typer.echo(text, err=True), seconds, rounds)
    finally:
        signal.signal(signal.SIGTERM, before)


def _stopped(number: int, frame: Any) -> NoReturn:  # noqa: ARG001
    raise KeyboardInterrupt
