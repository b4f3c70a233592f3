"""``python -m bench check``: compares the suite's times with a plain loop's."""

from __future__ import annotations

import typer
from rich.console import Console

from bench.commands.exits import Exit, refusals
from bench.commands.request_options import takes_request
from bench.plan.request import Request, protocol_of, select
from bench.report.progress import StatusLine
from bench.selftest import agreement


@takes_request("devices", "kernels", preset="quick", devices="cpu(0)")
def check_(request: Request) -> None:
    """Compare the suite's times with those of a plain loop, and time nothing and a sleep.

    Without --kernels, one of each backend.

    Exits with 0 when they agree, 1 when they do not, 2 when a name is wrong.
    """
    with refusals():
        selection = select(request)
        chosen = agreement.KERNELS if request.kernels is None else selection.values["kernel"]
        with StatusLine(Console(stderr=True)) as line:
            found = [
                one
                for device in selection.values["device"]
                for one in agreement.check(
                    selection, protocol_of(request), device, chosen, tell=line.write
                )
            ]
    raise typer.Exit(Exit.OK if agreement.render(found, Console()) else Exit.FAILED)
