"""The tables of trainings: the ladder, epochs, single steps, loaders, engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from bench.analyze import tidy
from bench.analyze.ladder import FOOT, ladder, sizes_of
from bench.report import units
from bench.report.quantities import BASELINE, Quantity, heading, show

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

SECONDS = Quantity("seconds per epoch", "seconds", units.seconds)
SAMPLES = Quantity("samples per second", "samples_per_second", units.rate)


def ladders(console: Console, rows: pd.DataFrame) -> None:
    """Print the kernels from the slowest to the fastest, for each workload and device."""
    for (workload, device), group in rows.groupby(["workload", "device"], sort=False):
        table = ladder(group)
        if table.empty:
            continue
        heading(console, f"The ladder: {workload}, {device}, seconds per epoch")
        sizes = sizes_of(table)
        if table["times"].notna().any():
            text = f"times: as fast as {' + '.join(FOOT)} at batch size {sizes[0]}"
            console.print(Text(text, style="italic"))
        printed = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        printed.add_column("kernel", no_wrap=True)
        for size in sizes:
            printed.add_column(f"B={size}", justify="right", no_wrap=True)
        printed.add_column("times", justify="right", no_wrap=True)
        for name, row in table.iterrows():
            cells = [units.seconds(row[size]) for size in sizes]
            printed.add_row(Text(str(name)), *cells, units.times(row["times"]))
        console.print(printed)
        console.print()


def epochs(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_epoch``, a set for each workload, device and loader."""
    if rows.empty:
        return
    rows = rows.assign(relative=tidy.relative_speed(rows, BASELINE))
    for (workload, device, loader), group in rows.groupby(
        ["workload", "device", "loader"], sort=False
    ):
        n_epochs = int(group["epochs"].iloc[0])
        heading(console, f"Training on {workload}, {device}, batches from {loader}")
        loss = Quantity(f"loss after {units.number(n_epochs, 'epoch')}", "loss", units.loss)
        relative = Quantity(f"speed relative to {BASELINE}", "relative", units.times)
        quantities = (SECONDS, SAMPLES, loss, relative)
        show(console, group, quantities, by="kernel", over="batch_size")


def steps(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_step``."""
    for (workload, device), group in rows.groupby(["workload", "device"], sort=False):
        heading(console, f"One training step: {workload}, {device}")
        until = "seconds until the device is idle again"
        quantities = (
            Quantity(until, "seconds", units.seconds),
            Quantity("seconds until the call returns", "enqueued_seconds", units.seconds),
        )
        show(console, group, quantities, by="kernel", over="batch_size")


def loaders(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_loader``."""
    for (workload, device), group in rows.groupby(["workload", "device"], sort=False):
        heading(console, f"Batches only, no training: {workload}, {device}")
        named = group.assign(loader=group["backend"] + " " + group["loader"])
        show(console, named, (SECONDS, SAMPLES), by="loader", over="batch_size")


def engines(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_engine``."""
    for (workload, device), group in rows.groupby(["workload", "device"], sort=False):
        heading(console, f"MXNet's engines, each in its own process: {workload}, {device}")
        named = group.assign(kernel=group["kernel"] + ", " + group["engine"].astype(str))
        show(console, named, (SECONDS,), by="kernel", over="batch_size")
