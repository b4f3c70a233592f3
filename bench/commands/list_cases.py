"""``python -m bench list``: reads its options and hands over."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from bench.commands.exits import Exit
from bench.plan.catalogue import catalogue
from bench.plan.request import Given, select
from bench.plan.values import SelectionError
from bench.report import doctor as catalogue_report
from kernels.registry import RegistryError


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
        catalogue_report.render_catalogue(listed, Console(), ids=ids)
