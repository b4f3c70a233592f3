"""``python -m bench …``: which command is in which module.

Only the module of the command that was asked for is imported: all of them together take longer
than some commands do.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Collection

#: The module and the function of each command, in the order in which help lists them.
COMMANDS = {
    "run": ("bench.cli_run", "run"),
    "report": ("bench.cli_report", "report"),
    "advise": ("bench.cli_advise", "advise"),
    "efficiency": ("bench.cli_efficiency", "efficiency"),
    "ladder": ("bench.cli_ladder", "ladder"),
    "ab": ("bench.cli_ab", "ab"),
    "compare": ("bench.cli_compare", "compare"),
    "track": ("bench.cli_track", "track_"),
    "selftest": ("bench.cli_selftest", "selftest"),
    "prune": ("bench.cli_history", "prune"),
    "import": ("bench.cli_history", "import_"),
    "doctor": ("bench.cli_doctor", "doctor"),
    "list": ("bench.cli_list", "list_"),
    "check": ("bench.cli_check", "check_"),
}


def main() -> None:
    """Time mini-batch SGD over batch sizes, on every kernel and device of this machine."""


def app_of(names: Collection[str] = ()) -> typer.Typer:
    """Make the command line.

    Parameters
    ----------
    names : collection of str
        The commands that it is to know; all of them where it is empty.

    Returns
    -------
    Typer
    """
    made = typer.Typer(
        add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
    )
    made.callback()(main)
    for name, (module, function) in COMMANDS.items():
        if name in names or not names:
            made.command(name=name)(getattr(importlib.import_module(module), function))
    return made


def __getattr__(name: str) -> typer.Typer:
    """Make ``app``, the whole command line, when it is asked for."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return app_of()
