"""What is printed at the end of a run."""

from __future__ import annotations

import io
import statistics
from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from bench.analyze import tidy
from bench.report import (
    machine_tables,
    memory_tables,
    phase_tables,
    quality_tables,
    target_tables,
    training_tables,
    units,
)
from bench.report.quantities import BASELINE, heading

if TYPE_CHECKING:
    from collections.abc import Mapping

NARROWEST = 60


def render(document: Mapping[str, Any], *, width: int, colour: bool) -> str:
    """Write the tables of a run, its skipped and its failed cases.

    Parameters
    ----------
    document : mapping
        The run file.
    width : int
        Of the terminal, in characters.
    colour : bool

    Returns
    -------
    str
    """
    console = Console(
        file=io.StringIO(),
        width=max(width, NARROWEST),
        force_terminal=colour,
        no_color=not colour,
        highlight=False,
        emoji=False,
    )
    table = tidy.frame(document)
    training_tables.ladders(console, tidy.of_case(table, "epoch"))
    training_tables.epochs(console, tidy.of_case(table, "epoch"))
    target_tables.targets(console, tidy.of_case(table, "target"))
    training_tables.steps(console, tidy.of_case(table, "step"))
    training_tables.loaders(console, tidy.of_case(table, "loader"))
    training_tables.engines(console, tidy.of_case(table, "engine"))
    machine_tables.updates(console, tidy.of_case(table, "update"))
    machine_tables.controls(console, tidy.of_case(table, "machine"))
    _notebook(console, document)
    phase_tables.show(console, tidy.of_case(table, "epoch"))
    memory_tables.show(console, table)
    quality_tables.show(console, table)
    machine_tables.declared_too_much(console, table)
    _unmeasured(console, document)
    text: str = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _notebook(console: Console, document: Mapping[str, Any]) -> None:
    """Print what the notebook's protocol gave, beside what was published."""
    facts = [
        benchmark["extra_info"]
        for benchmark in document["benchmarks"]
        if benchmark["extra_info"].get("case") == "notebook"
    ]
    if not facts:
        return
    heading(console, "The published protocol (loss every 100 samples inside the clock)")
    for one in sorted(facts, key=lambda one: one["kernel"] != BASELINE):
        published = one["published"]
        console.print(
            f"{one['kernel']}, {one['device']}: lr {published['learning_rate']:g}, "
            f"batch size {one['batch_size']}, {one['epochs']} epochs"
        )
        console.print(f"  here:      {one['printed']}")
        losses = one["loss_by_training"]
        if len(losses) > 1:
            console.print(
                f"             mean loss of {len(losses)} seeds: "
                f"{statistics.mean(losses):.5f}, "
                f"standard deviation {statistics.stdev(losses):.5f}"
            )
        if published["loss"] is None:
            console.print("  published: no figure is known")
        else:
            console.print(
                f"  published: loss: {published['loss']:f}, "
                f"{published['seconds_per_epoch']:f} sec per epoch"
            )


def _unmeasured(console: Console, document: Mapping[str, Any]) -> None:
    """Print the failed cases one by one, the skipped ones by reason."""
    added = document.get("bench", {})
    if added.get("failed"):
        heading(
            console, f"Failed: {units.number(len(added['failed']), 'case')}, not in the run"
        )
        for one in added["failed"]:
            console.print(f"  {escape(one['id'])}: {escape(one['reason'])}")
    if added.get("skipped"):
        heading(console, f"Skipped: {units.number(len(added['skipped']), 'case')}")
        reasons = Counter((one["params"]["device"], one["reason"]) for one in added["skipped"])
        for (device, reason), number in reasons.items():
            console.print(
                f"  {units.number(number, 'case')} on {escape(device)}: {escape(reason)}"
            )
    if added.get("status") == "interrupted":
        heading(console, "Interrupted: the run holds the cases that were finished.")
