"""``python -m bench …``: which command is in which module.

Only the module of the command that was asked for is imported: all of them together take longer
than some commands do. The list of all is written from their docstrings, which need no import.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

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


def app_of(names: Collection[str]) -> typer.Typer:
    """Make the command line with these commands."""
    return _app({name: _imported(*COMMANDS[name]) for name in names})


def overview() -> typer.Typer:
    """Make the command line that only lists the commands, or refuses what is none."""
    return _app({name: _described(*where) for name, where in COMMANDS.items()})


def _app(commands: Mapping[str, Callable[..., None]]) -> typer.Typer:
    made = typer.Typer(
        add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
    )
    made.callback()(main)
    for name, function in commands.items():
        made.command(name=name)(function)
    return made


def _imported(module: str, function: str) -> Callable[..., None]:
    found: Callable[..., None] = getattr(importlib.import_module(module), function)
    return found


def _described(module: str, function: str) -> Callable[..., None]:
    """Return a function with the docstring of one whose module is not imported."""
    path = Path(__file__).with_name(f"{module.rpartition('.')[2]}.py")
    (found,) = (
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == function
    )

    def described() -> None: ...

    described.__doc__ = ast.get_docstring(found)
    return described
