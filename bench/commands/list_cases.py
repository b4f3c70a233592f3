"""``python -m bench list``: what there is to measure."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from bench.commands.exits import refusals
from bench.commands.options import AsJson
from bench.commands.output import put
from bench.commands.request_options import takes_request
from bench.plan.catalogue import catalogue
from bench.plan.request import Request, select
from bench.report.doctor import render_catalogue


@takes_request("preset", "kernels", "devices")
def list_(
    request: Request,
    ids: Annotated[bool, typer.Option("--ids", help="Print every case's id.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show kernels and cases, those that can't run here with the reason.

    Exits with 2 when a name is wrong.
    """
    with refusals():
        listed = catalogue(select(request))
    if as_json:
        put(json.dumps(listed, indent=2))
    else:
        render_catalogue(listed, Console(), ids=ids)
