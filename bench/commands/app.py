"""``python -m bench …``: which command is in which module.

Only the module of the command that was asked for is imported: all of them together take longer
than some commands do. The list of all is written from their docstrings, which need no import.
"""

from __future__ import annotations

import ast
import importlib
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bench import __version__
from bench.commands.exits import Exit, tell
from bench.commands.settings import defaults, settings
from bench.plan.values import SelectionError

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


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"minibatch-bench {__version__}")
        raise typer.Exit


def main(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Time mini-batch SGD over batch sizes, on every kernel and device of this machine."""


def app_of(names: Collection[str]) -> typer.Typer:
    """Make the command line with these commands."""
    return _app({name: _imported(*COMMANDS[name]) for name in names})


def overview() -> typer.Typer:
    """Make the command line that only lists the commands, or refuses what is none."""
    return _app({name: _described(*where) for name, where in COMMANDS.items()})


def invoke(arguments: Sequence[str], name: str) -> None:
    """Run what was typed, with the defaults that ``pyproject.toml`` gives.

    Parameters
    ----------
    name : str
        By which the program was called.

    Raises
    ------
    SystemExit
        Always, with the exit code.
    """
    asked = _asked(arguments)
    if asked not in COMMANDS:
        overview()(arguments, prog_name=name)
    app = app_of([asked])
    app(arguments, prog_name=name, default_map={asked: _defaults(app, asked)})


def _asked(arguments: Sequence[str]) -> str:
    """Return the first word; of a line that a shell wants completed, that of the line."""
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS")
    words = line.split()[1:] if line and not arguments else arguments
    return words[0] if words else ""


def _defaults(app: typer.Typer, name: str) -> dict[str, Any]:
    """Read the defaults of a command; a table that is wrong ends the program."""
    try:
        found = settings()
        if found is None:
            return {}
        command: Any = typer.main.get_command(app)
        parameters = {
            flag.removeprefix("--"): one.name
            for one in command.commands[name].params
            for flag in one.opts
            if flag.startswith("--")
        }
        return defaults(found, name, parameters, COMMANDS)
    except SelectionError as error:
        tell(f"ERROR: {error}", err=True)
        sys.exit(Exit.USAGE)


def _app(commands: Mapping[str, Callable[..., None]]) -> typer.Typer:
    made = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
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
