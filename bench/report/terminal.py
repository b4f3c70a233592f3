"""What is printed at the end of a run."""

from __future__ import annotations

import io
import statistics
from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from bench.analyze import tidy
from bench.report import units
from bench.report.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    Format = Callable[[float], str]

BASELINE = "nd.autograd"
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
    _epochs(console, tidy.of_case(table, "epoch"))
    _loaders(console, tidy.of_case(table, "loader"))
    _updates(console, tidy.of_case(table, "update"))
    _notebook(console, document)
    _unmeasured(console, document)
    text: str = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(f"[bold]{escape(text)}[/bold]")


def _grid(
    console: Console,
    title: str,
    rows: pd.DataFrame,
    *,
    row: str,
    column: str,
    value: str,
    write: Format,
) -> None:
    """Print one quantity, a row a kernel or loader, a column a size."""
    cells = {(one[row], one[column]): one[value] for _, one in rows.iterrows()}
    names = sorted(dict.fromkeys(rows[row]), key=lambda name: name != BASELINE)
    sizes = sorted(set(rows[column]))
    heading = (lambda size: f"B={size:g}") if column == "batch_size" else units.count
    grid = Grid(
        corner=row,
        sizes=tuple(heading(size) for size in sizes),
        rows={
            str(name): tuple(
                write(cells[name, size]) if (name, size) in cells else "" for size in sizes
            )
            for name in names
        },
    )
    console.print(Text(title, style="italic"))
    for table in grid.merged().tables(console.width):
        console.print(table)
        console.print()


def _epochs(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_epoch``, a set for each workload, device and loader."""
    if rows.empty:
        return
    rows = rows.assign(relative=tidy.relative_speed(rows, BASELINE))
    for (workload, device, loader), group in rows.groupby(
        ["workload", "device", "loader"], sort=False
    ):
        epochs = int(group["epochs"].iloc[0])
        _heading(console, f"Training on {workload}, {device}, batches from {loader}")
        for title, value, write in (
            ("seconds per epoch", "seconds", units.seconds),
            ("samples per second", "samples_per_second", units.rate),
            (f"loss after {units.number(epochs, 'epoch')}", "loss", units.loss),
            (f"speed relative to {BASELINE}", "relative", units.times),
        ):
            if group[value].isna().all():  # the baseline was not among the kernels
                continue
            _grid(
                console,
                title,
                group,
                row="kernel",
                column="batch_size",
                value=value,
                write=write,
            )


def _loaders(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_loader``."""
    for (workload, device), group in rows.groupby(["workload", "device"], sort=False):
        _heading(console, f"Batches only, no training: {workload}, {device}")
        for title, value, write in (
            ("seconds per epoch", "seconds", units.seconds),
            ("samples per second", "samples_per_second", units.rate),
        ):
            _grid(
                console,
                title,
                group,
                row="loader",
                column="batch_size",
                value=value,
                write=write,
            )


def _updates(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_update``."""
    for device, group in rows.groupby("device", sort=False):
        _heading(console, f"Parameter update alone: {device}")
        for title, value, write in (
            ("seconds per update, by number of parameters", "seconds", units.seconds),
            (
                "useful bytes per second (12 bytes a parameter: read w and g, write w)",
                "useful_bytes_per_second",
                units.rate,
            ),
        ):
            _grid(
                console,
                title,
                group,
                row="kernel",
                column="n_parameters",
                value=value,
                write=write,
            )


def _notebook(console: Console, document: Mapping[str, Any]) -> None:
    """Print what the notebook's protocol gave, beside what was published."""
    facts = [
        benchmark["extra_info"]
        for benchmark in document["benchmarks"]
        if benchmark["extra_info"].get("case") == "notebook"
    ]
    if not facts:
        return
    _heading(console, "The published protocol (loss every 100 samples inside the clock)")
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
        _heading(
            console, f"Failed: {units.number(len(added['failed']), 'case')}, not in the run"
        )
        for one in added["failed"]:
            console.print(f"  {escape(one['id'])}: {escape(one['reason'])}")
    if added.get("skipped"):
        _heading(console, f"Skipped: {units.number(len(added['skipped']), 'case')}")
        reasons = Counter((one["params"]["device"], one["reason"]) for one in added["skipped"])
        for (device, reason), number in reasons.items():
            console.print(
                f"  {units.number(number, 'case')} on {escape(device)}: {escape(reason)}"
            )
    if added.get("status") == "interrupted":
        _heading(console, "Interrupted: the run holds the cases that were finished.")
