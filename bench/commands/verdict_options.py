"""What ``ab``, ``compare`` and ``track`` have in common: their options, and how they end."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from bench.plan.values import SelectionError, share
from bench.report.verdicts.writing import Form, write
from bench.stats.verdict import Judgement, Margins
from bench.store.facts import known
from bench.store.rates import Machine, with_rates

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


Margin = Annotated[
    str | None,
    typer.Option(
        help="Percent that a case may change and still be the same; by default 1.5, or as "
        "pyproject.toml says, whose patterns hold in any case.",
        show_default=False,
    ),
]
VerdictForm = Annotated[Form, typer.Option("--format", help="How the verdicts are written.")]
EveryCase = Annotated[bool, typer.Option("--all", help="List every case, however many.")]


def machine_of(run: pd.Series) -> Machine:
    """Return the machine of a stored run, as far as its file tells."""
    names = (run["fingerprint_id"], run["node"])
    return Machine(*(str(name) if known(name) else None for name in names))


def show(
    judgement: Judgement, machine: Machine, form: Form, output: Path | None, *, every: bool
) -> None:
    """Write verdicts, with how often their rule is wrong on the machine.

    Raises
    ------
    StoreError
        When a file can't be written.
    """
    write(with_rates(judgement, machine), form, output, every=every)
    if output is not None:
        typer.echo(f"verdicts: {output}", err=True)


# The margins of ``pyproject.toml`` are a table:
#
#     [tool.minibatch-bench.margins]
#     default = "1.5%"
#     "bench_epoch[*numba_parallel*" = "5%"
#
# A pattern is a shell's, over the whole id of a case; the last that fits decides.


FILE = "pyproject.toml"


TABLE = "minibatch-bench"


KEY = "margins"


#: A pattern without any of these is the id of no case.
OF_IDS = "[*?:"


def margins(option: str | None = None, folder: Path | None = None) -> Margins:
    """Read how much cases may change and still be called the same.

    Parameters
    ----------
    option : str or None
        Of ``--margin``: in percent; it stands for the default, and leaves the patterns.
    folder : Path or None
        Where to begin to look for ``pyproject.toml``: the nearest with a table of this suite
        counts. By default the working directory.

    Raises
    ------
    SelectionError
        When a value is no percentage, a key is unknown, or the file can't be read.
    """
    found = Margins()
    for path in _files((folder or Path.cwd()).absolute()):
        table = _table(path)
        if table is not None:
            found = _margins(path, table)
            break
    return found if option is None else replace(found, default=share("--margin", option))


def _files(folder: Path) -> list[Path]:
    """Return the files of a folder and those above it, the nearest first."""
    around = [one / FILE for one in (folder, *folder.parents)]
    return [path for path in around if path.is_file()]


def _table(path: Path) -> Mapping[str, Any] | None:
    """Return the table of this suite; None in a file without one."""
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


def _margins(path: Path, table: Mapping[str, Any]) -> Margins:
    unknown = sorted(set(table) - {KEY})
    if unknown:
        raise SelectionError(
            f"{path}: tool.{TABLE} has no key {unknown[0]!r}; there is: {KEY}."
        )
    given = table.get(KEY, {})
    if not isinstance(given, dict):
        raise SelectionError(f'{path}: tool.{TABLE}.{KEY} must be a table of "1.5%" and such.')
    found = Margins()
    patterns = []
    for key, value in given.items():
        where = f"{path}: tool.{TABLE}.{KEY}, {key!r}"
        if not isinstance(value, str):
            raise SelectionError(f'{where}: {value!r} is not allowed; give percent, as "1.5%".')
        if key == "default":
            found = replace(found, default=share(where, value))
        elif any(mark in key for mark in OF_IDS):
            patterns.append((key, share(where, value)))
        else:
            raise SelectionError(
                f"{where} is no pattern of a case's id, like bench_epoch[*numpy*, nor is it "
                f"default."
            )
    return replace(found, patterns=tuple(patterns))
