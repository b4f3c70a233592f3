"""The suite's options of pytest, and how they become a suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.commands.session import Suite
from bench.plan import values
from bench.plan.request import (
    Request,
    flag,
    options,
    protocol_of,
    request_of,
    required,
    select,
    written,
)
from bench.store.files import RUNS

TABLES = ("summary", "pytest-benchmark", "both")
#: pytest names the cases itself, and measures them in its own process.
NOT_OF_PYTEST = {
    *("cases", "tolerance", "processes", "order_seed", "case_timeout", "threads", "pin"),
    "memory",
}


def add(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup(
        "minibatch", "mini-batch SGD benchmarks (lists: commas, nd.* works)"
    )
    for name, option in options().items():
        if name in NOT_OF_PYTEST:
            continue
        default = getattr(Request, name)
        typed = default if default is None else option.shown or written(default)
        shown = f" (default: {typed})" if typed else ""
        if name == "kernel_folder":
            group.addoption(
                flag(name), action="append", type=Path, metavar="FOLDER", help=option.help
            )
        else:
            group.addoption(flag(name), metavar="TEXT", help=option.help + shown)
    group.addoption(
        "--tables",
        default=TABLES[0],
        metavar="TEXT",
        help=f"What to print at the end: {', '.join(TABLES)}.",
    )
    group.addoption(
        "--results",
        type=Path,
        metavar="FOLDER",
        help=f"Where what is measured is stored (default: {RUNS}).",
    )
    group.addoption("--no-figures", action="store_true", help="Draw no figures.")


def suite_of(config: pytest.Config) -> Suite:
    """Check the options and return the suite that they ask for.

    Raises
    ------
    SelectionError, RegistryError
        When an option's value is not allowed.
    """
    names = options().keys() - NOT_OF_PYTEST
    request = request_of({name: config.getoption(flag(name)) for name in names})
    values.one_of("--tables", config.getoption("tables"), TABLES, "table")
    selection = select(request)
    return Suite(
        preset=request.preset,
        selection=selection,
        protocol=protocol_of(request),
        required=required(request, selection.registry),
        kernel_folders=request.kernel_folder,
    )
