"""``python -m bench …``: which command is in which module.

Only the module of the command that was asked for is imported: all of them together take longer
than some commands do. The list of all is written from their docstrings, which need no import.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import typer

#: The module and the function of each command, in the order in which help lists them.
COMMANDS = {
    "run": ("bench.commands.run", "run"),
    "report": ("bench.commands.report", "report"),
    "advise": ("bench.commands.advise", "advise"),
    "efficiency": ("bench.commands.efficiency", "efficiency"),
    "ab": ("bench.commands.ab", "ab"),
    "compare": ("bench.commands.compare", "compare"),
    "track": ("bench.commands.track", "track_"),
    "selftest": ("bench.commands.selftest", "selftest"),
    "prune": ("bench.commands.prune", "prune"),
    "import": ("bench.commands.import_runs", "import_"),
    "doctor": ("bench.commands.doctor", "doctor"),
    "list": ("bench.commands.list_cases", "list_"),
    "check": ("bench.commands.check", "check_"),
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
