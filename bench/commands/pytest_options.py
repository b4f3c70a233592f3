"""The suite's options of pytest, with the defaults that ``pyproject.toml`` gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.commands.settings import PYTEST, TABLE, defaults, settings
from bench.plan.request import Request, flag, options, written
from bench.plan.values import SelectionError
from bench.report.progress import Tables
from bench.store import files

if TYPE_CHECKING:
    import pytest

TABLES = (*(one.value for one in Tables), "pytest-benchmark")
#: pytest names the cases itself, and measures them in its own process.
NOT_OF_PYTEST = {
    *("cases", "tolerance", "processes", "order_seed", "case_timeout", "threads", "pin"),
    *("conditions", "memory"),
}
FIGURES, KERNEL_FOLDER = "figures", "kernel_folder"
SWITCHES = ("tf32", FIGURES)


def add(group: pytest.OptionGroup) -> None:
    """Add the options to a group.

    Raises
    ------
    SelectionError
        When a default of ``pyproject.toml`` is not allowed.
    """
    asked = {name: one for name, one in options().items() if name not in NOT_OF_PYTEST}
    names = {name: [flag(name), *filter(None, [one.also])] for name, one in asked.items()}
    names |= {name: [f"--{name}"] for name in ("tables", "results", FIGURES)}
    given = _given(names)
    for name, option in asked.items():
        default = getattr(Request, name)
        typed = default if default is None else option.shown or written(default)
        shown = f" (default: {typed})" if typed else ""
        what: dict[str, Any] = {"default": given.get(name), "help": option.help + shown}
        if name == KERNEL_FOLDER:
            what |= {"action": "append", "type": Path, "metavar": "FOLDER"}
        elif name in SWITCHES:
            what |= {"action": "store_true", "help": option.help}
        else:
            what |= {"metavar": "TEXT"}
        group.addoption(*names[name], **what)
    group.addoption(
        "--tables",
        default=given.get("tables", TABLES[0]),
        metavar="TEXT",
        help=f"What is printed before the end: {', '.join(TABLES)}; with -q nothing.",
    )
    group.addoption(
        "--results",
        type=Path,
        default=given.get("results"),
        metavar="FOLDER",
        help=f"Where what is measured is stored (default: {files.RUNS}).",
    )
    group.addoption(
        f"--{FIGURES}",
        action="store_true",
        default=given.get(FIGURES, False),
        help="Draw figures too.",
    )


def _given(names: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Read the defaults that ``pyproject.toml`` gives, by the names of these options."""
    found = settings()
    if found is None:
        return {}
    from bench.commands.app import COMMANDS  # noqa: PLC0415 - typer, for a table alone

    parameters = {one.removeprefix("--"): name for name in names for one in names[name]}
    read: dict[str, Any] = {}
    for name, value in defaults(found, PYTEST, parameters, COMMANDS).items():
        if isinstance(value, bool) is not (name in SWITCHES):
            only = f"{' and '.join(f'--{one}' for one in SWITCHES)} alone are true or false"
            raise SelectionError(f"{found.path}: tool.{TABLE}.{PYTEST}: {only}.")
        several = [str(one) for one in (value if isinstance(value, list) else [value])]
        if name == KERNEL_FOLDER:
            read[name] = [Path(one) for one in several]
        else:
            read[name] = value if isinstance(value, bool) else ",".join(several)
    return read
