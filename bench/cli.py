"""``python -m bench …``: reads the command line and hands over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import (
    check,
    cli_ab,
    cli_advise,
    cli_compare,
    cli_efficiency,
    cli_history,
    cli_report,
    cli_run,
    cli_selftest,
    cli_track,
)
from bench.catalogue import catalogue
from bench.exits import Exit
from bench.measure.health import examine
from bench.report import catalogue as catalogue_report
from bench.report import check_table
from bench.report import doctor as doctor_report
from bench.report.markdown.ladder import ladders
from bench.selection import parsing
from bench.selection.options import Given, select
from bench.selection.parsing import SelectionError
from bench.selection.presets import QUICK
from bench.selection.protocol_options import ProtocolGiven, protocol_of
from bench.store import RUNS, StoreError, newest_run, read_run
from kernels.registry import RegistryError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


app.command()(cli_run.run)
app.command()(cli_advise.advise)
app.command()(cli_efficiency.efficiency)
app.command()(cli_report.report)
app.command(name="track")(cli_track.track_)
app.command()(cli_ab.ab)
app.command()(cli_selftest.selftest)
app.command()(cli_compare.compare)
app.command()(cli_history.prune)
app.command()(cli_history.export)
app.command(name="import")(cli_history.import_)


@app.callback()
def main() -> None:
    """Time mini-batch SGD over batch sizes, on every kernel and device of this machine."""


@app.command()
def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of the tables.")
    ] = False,
) -> None:
    """Say what can be measured on this machine, what can't and why, and what is noisy.

    Exits with 0 when at least one device can be measured, else with 1.
    """
    health = examine()
    if as_json:
        typer.echo(json.dumps(health, indent=2))
    else:
        doctor_report.render(health, Console())
    raise typer.Exit(Exit.OK if health["can_measure"] else Exit.FAILED)


@app.command(name="list")
def list_(
    preset: Annotated[str, typer.Option(help="quick, default, full or memory.")] = "default",
    kernels: Annotated[str | None, typer.Option(help="Names, or patterns: nd.*")] = None,
    devices: Annotated[str | None, typer.Option(help="cpu(0), gpu(0), …")] = None,
    ids: Annotated[bool, typer.Option("--ids", help="Print every case's id.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show kernels and cases, those that can't run here with the reason.

    Exits with 2 when a name is wrong.
    """
    try:
        selection = select(Given(preset=preset, kernels=kernels, devices=devices))
    except (SelectionError, RegistryError) as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    listed = catalogue(selection)
    if as_json:
        typer.echo(json.dumps(listed, indent=2))
    else:
        catalogue_report.render(listed, Console(), ids=ids)


@app.command(name="check")
def check_(
    device: Annotated[str, typer.Option(help="cpu(0), gpu(0), …")] = "cpu(0)",
    kernels: Annotated[
        str | None, typer.Option(help="Names; by default one of each backend.")
    ] = None,
) -> None:
    """Compare the suite's times with those of a plain loop, and time nothing and a sleep.

    Exits with 0 when they agree, 1 when they do not, 2 when a name is wrong.
    """
    try:
        selection = select(Given(kernels=kernels, devices=device))
        (name,) = parsing.devices("--device", device)
    except (SelectionError, RegistryError) as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    chosen = check.KERNELS if kernels is None else selection.values["kernel"]
    protocol = protocol_of(ProtocolGiven(), QUICK)
    found = list(check.check(selection, protocol, name, chosen))
    raise typer.Exit(Exit.OK if check_table.render(found, Console()) else Exit.FAILED)


@app.command()
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
