"""The table ``[tool.minibatch-bench]`` of the nearest ``pyproject.toml`` that has one.

A table in it has the name of a command, or ``pytest``, and holds defaults of its options, named
without the dashes in front; what is typed comes before them. `bench.commands.verdict_options`
reads the table ``margins``.

    [tool.minibatch-bench.run]
    kernels = "nd.*"
    processes = 10
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.plan.values import SelectionError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "pyproject.toml"
TABLE = "minibatch-bench"
PYTEST = "pytest"
MARGINS = "margins"


@dataclass(frozen=True)
class Settings:
    """A table, and the file that it stands in."""

    path: Path
    table: Mapping[str, Any]


def settings(folder: Path | None = None) -> Settings | None:
    """Read the nearest table.

    Parameters
    ----------
    folder : Path or None
        Where to begin to look; by default the working directory.

    Raises
    ------
    SelectionError
        When a file can't be read, or is no TOML.
    """
    start = (folder or Path.cwd()).absolute()
    for path in (one / FILE for one in (start, *start.parents)):
        table = _table(path) if path.is_file() else None
        if table is not None:
            return Settings(path, table)
    return None


def _table(path: Path) -> Mapping[str, Any] | None:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SelectionError(f"{path} can't be read: {error.strerror or error}.") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise SelectionError(f"{path} is no valid TOML: {str(error).rstrip('.')}.") from error
    tools = document.get("tool", {})
    table = tools.get(TABLE) if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise SelectionError(f"{path}: tool.{TABLE} must be a table.")
    return table


def defaults(
    found: Settings, command: str, parameters: Mapping[str, str], commands: Collection[str]
) -> dict[str, Any]:
    """Return the defaults of a command's parameters that a table gives.

    Parameters
    ----------
    parameters : mapping of str to str
        The name of a parameter by its option, without the dashes in front.
    commands : collection of str
        All of them.

    Raises
    ------
    SelectionError
        When a key is neither a command nor an option of it.
    """
    known = (*commands, PYTEST, MARGINS)
    for name, value in found.table.items():
        if name not in known or not isinstance(value, dict):
            raise SelectionError(
                f"{found.path}: tool.{TABLE}.{name} is no table of a command's options; there "
                f"are: {', '.join(known)}."
            )
    given = found.table.get(command, {})
    for name in given:
        if name not in parameters:
            raise SelectionError(
                f"{found.path}: tool.{TABLE}.{command} has no option {name!r}; there are: "
                f"{', '.join(sorted(parameters))}."
            )
    return {parameters[name]: value for name, value in given.items()}
