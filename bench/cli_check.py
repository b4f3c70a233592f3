"""``python -m bench check``: reads its options and hands over."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from bench import check
from bench.exits import Exit
from bench.report import check_table
from bench.selection import parsing
from bench.selection.options import Given, select
from bench.selection.parsing import SelectionError
from bench.selection.presets import QUICK
from bench.selection.protocol_options import ProtocolGiven, protocol_of
from kernels.registry import RegistryError


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
