"""``python -m bench check``: reads its options and hands over."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from bench.commands.exits import Exit
from bench.plan import values
from bench.plan.matrix import QUICK
from bench.plan.request import Given, ProtocolGiven, protocol_of, select
from bench.plan.values import SelectionError
from bench.selftest import agreement, tables
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
        (name,) = values.devices("--device", device)
    except (SelectionError, RegistryError) as error:
        typer.echo(f"ERROR: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from error
    chosen = agreement.KERNELS if kernels is None else selection.values["kernel"]
    protocol = protocol_of(ProtocolGiven(), QUICK)
    found = list(agreement.check(selection, protocol, name, chosen))
    raise typer.Exit(Exit.OK if tables.render_agreement(found, Console()) else Exit.FAILED)
