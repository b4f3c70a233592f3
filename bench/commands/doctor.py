"""``python -m bench doctor``: what can be measured here."""

from __future__ import annotations

import json

import typer
from rich.console import Console

from bench.commands.exits import Exit
from bench.commands.options import AsJson
from bench.commands.output import put
from bench.machine.health import examine
from bench.report import doctor as doctor_report


def doctor(
    as_json: AsJson = False,
) -> None:
    """Say what can be measured on this machine, what can't and why, and what is noisy.

    Exits with 0 when at least one device can be measured, else with 1.
    """
    health = examine()
    if as_json:
        put(json.dumps(health, indent=2))
    else:
        doctor_report.render(health, Console())
    raise typer.Exit(Exit.OK if health["can_measure"] else Exit.FAILED)
