"""What ``ab``, ``compare`` and ``track`` have in common: their options, and how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bench.compare.rates import Machine, with_rates
from bench.report.verdicts.writing import Form, write
from bench.store.facts import known

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from bench.compare.verdict import Judgement

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
