"""What ``ab``, ``compare`` and ``track`` have in common: their options, and how they end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from bench.commands.output import say
from bench.commands.settings import MARGINS, TABLE, Settings, settings
from bench.plan.values import SelectionError, share
from bench.report.verdicts.writing import Form, write
from bench.stats.rule import RULE as STATISTICS
from bench.stats.verdict import Judgement, Margins
from bench.store.facts import known
from bench.store.rates import Machine, with_rates

Margin = Annotated[
    str | None,
    typer.Option(
        help="Percent that a case may change and still be the same; by default 1 (of track "
        "1.5), or as pyproject.toml says, whose patterns hold in any case.",
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
        say(f"verdicts: {output}", error=True)


# The margins of ``pyproject.toml`` are a table:
#
#     [tool.minibatch-bench.margins]
#     default = "1%"
#     "bench_epoch[*numba_parallel*" = "5%"
#
# A pattern is a shell's, over the whole id of a case; the last that fits decides.


#: A pattern without any of these is the id of no case.
OF_IDS = "[*?:"


def margins(
    option: str | None = None,
    folder: Path | None = None,
    usual: float = STATISTICS.margin,
) -> Margins:
    """Read how much cases may change and still be called the same.

    Parameters
    ----------
    option : str or None
        Of ``--margin``: in percent; it stands for the default, and leaves the patterns.
    usual : float
        The default, a share, where neither the option nor the file tells one.
    folder : Path or None
        Where to begin to look for ``pyproject.toml``: the nearest with a table of this suite
        counts. By default the working directory.

    Raises
    ------
    SelectionError
        When a value is no percentage, a key is unknown, or the file can't be read.
    """
    found, given = Margins(usual), settings(folder)
    if given is not None:
        found = _margins(given, found)
    return found if option is None else replace(found, default=share("--margin", option))


def _margins(settings: Settings, found: Margins) -> Margins:
    table = f"{settings.path}: tool.{TABLE}.{MARGINS}"
    given = settings.table.get(MARGINS, {})
    if not isinstance(given, dict):
        raise SelectionError(f'{table} must be a table of "1.5%" and such.')
    patterns = []
    for key, value in given.items():
        where = f"{table}, {key!r}"
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
