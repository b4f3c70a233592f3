"""What is printed at the end of a run."""

from __future__ import annotations

import io
import statistics
from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from bench.report import memory_tables, numbers, run_tables
from bench.report.grid import BASELINE, heading
from bench.store import tidy

NARROWEST = 60


def render(document: Mapping[str, Any], *, width: int, colour: bool) -> str:
    """Write the tables of a run, its skipped and its failed cases.

    Parameters
    ----------
    document : mapping
        The run file.
    width : int
        Of the terminal, in characters.
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
    run_tables.ladders(console, tidy.of_case(table, "epoch"))
    run_tables.epochs(console, tidy.of_case(table, "epoch"))
    run_tables.targets(console, tidy.of_case(table, "target"))
    run_tables.steps(console, tidy.of_case(table, "step"))
    run_tables.loaders(console, tidy.of_case(table, "loader"))
    run_tables.engines(console, tidy.of_case(table, "engine"))
    run_tables.updates(console, tidy.of_case(table, "update"))
    run_tables.controls(console, tidy.of_case(table, "machine"))
    _notebook(console, document)
    run_tables.show_phases(console, tidy.of_case(table, "epoch"))
    memory_tables.show(console, table)
    run_tables.show_quality(console, table)
    run_tables.declared_too_much(console, table)
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
            console, f"Failed: {numbers.number(len(added['failed']), 'case')}, not in the run"
        )
        for one in added["failed"]:
            console.print(f"  {escape(one['id'])}: {escape(one['reason'])}")
    if added.get("skipped"):
        heading(console, f"Skipped: {numbers.number(len(added['skipped']), 'case')}")
        reasons = Counter((one["params"]["device"], one["reason"]) for one in added["skipped"])
        for (device, reason), number in reasons.items():
            console.print(
                f"  {numbers.number(number, 'case')} on {escape(device)}: {escape(reason)}"
            )
    if added.get("status") == "interrupted":
        heading(console, "Interrupted: the run holds the cases that were finished.")
