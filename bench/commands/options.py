"""The options that several commands have, each declared once.

What is measured and how is a `Request` (`bench.plan.request`): its fields are options, declared
there, and both the commands and the pytest plugin are given them from there (`takes_request`).
What belongs to every other command is declared here; an option that a single command has
stands in its signature.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

#: Wider than most terminals: tables that are piped into a file stay whole.
PIPED_WIDTH = 110

Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Write here, not to the terminal.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Figure = Annotated[
    Path | None, typer.Option(help="Draw the figure here: PNG or SVG.", show_default=False)
]
Results = Annotated[Path, typer.Option(help="Where what is measured is stored.")]


def console_of(width: int = PIPED_WIDTH) -> Console:
    """Return the terminal; what is piped is as wide as ``COLUMNS`` says, else so wide."""
    console = Console()
    told = console.is_terminal or "COLUMNS" in os.environ
    return console if told else Console(width=width)
