"""Prints where the time of an epoch goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from bench.analyze.quality import PHASES_ROOM
from bench.report import units
from bench.report.quantities import heading

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

PHASES = ("data", "forward", "backward", "update", "step", "waiting")
#: Batch sizes at which a table is printed, if they were measured.
SIZES = (1, 100)


def show(console: Console, rows: pd.DataFrame) -> None:
    """Print the phases of the kernels that go step by step.

    Parameters
    ----------
    console : Console
    rows : DataFrame
        ``epoch`` cases, from ``bench.analyze.tidy``.
    """
    if "phases" not in rows:
        return
    told = rows[rows["phases"].notna()]
    for (workload, device), group in told.groupby(["workload", "device"], sort=False):
        sizes = [size for size in SIZES if (group["batch_size"] == size).any()]
        for size in sizes or sorted(set(group["batch_size"]))[:1]:
            _table(
                console, group[group["batch_size"] == size], f"{workload}, {device}, B={size:g}"
            )


def _table(console: Console, rows: pd.DataFrame, title: str) -> None:
    """Print one batch size: percent of an epoch, and how far the pass is off."""
    heading(console, f"Where the time of an epoch goes: {title}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("kernel", no_wrap=True)
    for phase in PHASES:
        table.add_column(phase, justify="right", no_wrap=True)
    table.add_column("epoch", justify="right", no_wrap=True)
    table.add_column("this pass", justify="right", no_wrap=True)
    for _, row in rows.sort_values("seconds", ascending=False).iterrows():
        name = (
            row["kernel"]
            if row["loader"] == "inmemory"
            else f"{row['kernel']} + {row['loader']}"
        )
        shares = [_share(row["phases"].get(phase), row["phases_total"]) for phase in PHASES]
        table.add_row(
            Text(str(name)),
            *shares,
            units.seconds(row["seconds"]),
            _differs(row["phases_differ"]),
        )
    console.print(table)


def _share(seconds: float | None, total: float) -> str:
    return "" if seconds is None else f"{100 * seconds / total:.0f}%"


def _differs(share: float) -> str:
    """Say how far the pass with the clock between the phases is off, where it matters."""
    return f"{100 * share:+.0f}%" if abs(share) > PHASES_ROOM else ""
