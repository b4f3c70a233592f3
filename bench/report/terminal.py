"""What is printed at the end of a run."""

from __future__ import annotations

import io
import math
import statistics
import textwrap
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape

from bench.advise import memory_cost
from bench.advise.memory_cost import Line
from bench.report import numbers, run_tables
from bench.report.grid import BASELINE, Grid, heading, pivoted, print_grid, repeated
from bench.report.ladder import show_ladders
from bench.report.progress import Tables
from bench.store import tidy, trust

NARROWEST = 60


def render(
    document: Mapping[str, Any], *, width: int, colour: bool, tables: Tables = Tables.ALL
) -> str:
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
    document = numbers.in_lines(document)
    table = tidy.interval_frame(document)
    epochs = tidy.of_case(table, "epoch")
    if tables is not Tables.NONE:
        show_ladders(console, epochs)
    if tables is Tables.ALL:
        _all_tables(console, document, table, epochs)
    if n_repeated := trust.repeated(table):
        console.print(f"{repeated(n_repeated)}.")
    run_tables.declared_too_much(console, table)
    _unmeasured(console, document, tables)
    text: str = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _all_tables(
    console: Console, document: Mapping[str, Any], table: pd.DataFrame, epochs: pd.DataFrame
) -> None:
    run_tables.epochs(console, epochs)
    run_tables.targets(console, tidy.of_case(table, "target"))
    run_tables.steps(console, tidy.of_case(table, "step"))
    run_tables.loaders(console, tidy.of_case(table, "loader"))
    run_tables.engines(console, tidy.of_case(table, "engine"))
    run_tables.updates(console, tidy.of_case(table, "update"))
    run_tables.controls(console, tidy.of_case(table, "machine"))
    _notebook(console, document)
    run_tables.show_phases(console, epochs)
    show_memory(console, table)
    run_tables.show_quality(console, table)


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


def _unmeasured(console: Console, document: Mapping[str, Any], tables: Tables) -> None:
    """Print the failed cases one by one, the skipped ones by reason, a line each."""
    added = document.get("bench", {})
    if added.get("failed"):
        heading(
            console, f"Failed: {numbers.number(len(added['failed']), 'case')}, not in the run"
        )
        for one in added["failed"]:
            console.print(f"  {escape(one['id'])}: {escape(one['reason'])}")
    if added.get("skipped") and tables is not Tables.NONE:
        heading(console, f"Skipped: {numbers.number(len(added['skipped']), 'case')}")
        for device, reason, number in run_tables.by_reason(document):
            line = f"  {numbers.number(number, 'case')} on {device}: {reason}"
            if tables is Tables.LADDER:
                line = textwrap.shorten(line, console.width, placeholder=" …")
            console.print(escape(line))
    if added.get("status") == "interrupted":
        heading(console, "Interrupted: the run holds the cases that were finished.")


# How much memory trainings take, and what a sample more in the batch costs.


TITLES = {
    memory_cost.HOST: "host memory at most, beside the data as they were loaded",
    memory_cost.ALLOCATOR: "GPU memory that the library gave out at most",
    memory_cost.DEVICE: "GPU memory taken, context and pools included",
}
OF_THE_DEVICE = "*"


SIGNS = {
    "<": "less than can be told",
    "≤": "an upper bound: the peak may be from before the training",
    OF_THE_DEVICE: "the growth of the whole device, other processes included",
}


def show_memory(console: Console, table: pd.DataFrame) -> None:
    """Print the peaks of the memory pass, and what it could not measure.

    Parameters
    ----------
    table : DataFrame
        From ``bench.store.tidy.frame``.
    """
    if "memory" not in table:
        return
    told = table["memory"].map(lambda one: isinstance(one, dict))
    failed = table["memory"].map(lambda one: isinstance(one, dict) and "reason" in one)
    measured = table[told & ~failed]
    for (workload, device), rows in measured.groupby(["workload", "device"], sort=False):
        _of_a_device(console, rows, f"{workload}, {device}")
    if failed.any():
        heading(console, f"Memory not measured: {numbers.number(int(failed.sum()), 'case')}")
    reasons = Counter(one["reason"] for one in table.loc[failed, "memory"])
    for reason, number in reasons.items():
        console.print(f"  {numbers.number(number, 'case')}: {escape(reason)}")


def binary(n_bytes: float) -> str:
    """Write a number of bytes with three digits and a binary prefix.

    Returns
    -------
    str
        ``19.1 MiB``, ``-2.00 KiB``, ``7.83 B``; ``–`` where it is not finite.
    """
    if not math.isfinite(n_bytes):
        return "–"
    exponent, prefix = numbers.binary_prefix(n_bytes)
    # What rounding errors leave of nothing may be negative.
    value = n_bytes / 2**exponent if abs(n_bytes) >= 0.005 else 0.0
    digits = int(f"{value:.2e}".partition("e")[2])
    return f"{value:.{min(2, max(0, 2 - digits))}f} {prefix}B"


def _of_a_device(console: Console, rows: pd.DataFrame, where: str) -> None:
    """Print each quantity that is known of the kernels on a device."""
    data = binary(rows["memory"].iloc[0]["workload_bytes"])
    heading(console, f"Peak memory of a training: {where} (data of {data})")
    used: set[str] = set()
    for quantity, title in TITLES.items():
        known = rows[[one.get(quantity) is not None for one in rows["memory"]]]
        if known.empty:
            continue
        grid = _grid(known, quantity)
        print_grid(console, title, grid.merged())
        used.update(
            sign for sign in SIGNS for row in grid.rows.values() if sign in "".join(row)
        )
    for sign in (sign for sign in SIGNS if sign in used):
        console.print(f"{sign}: {SIGNS[sign]}.")


def _grid(rows: pd.DataFrame, quantity: str) -> Grid:
    """Put the peaks at all batch sizes and the lines through them side by side."""
    lines = {kernel: line for (*_, kernel), line in memory_cost.lines(rows, quantity).items()}
    peaks = pivoted(rows, "kernel", "batch_size", lambda row: _peak(row["memory"], quantity))
    return Grid(
        corner=peaks.corner,
        sizes=(*peaks.sizes, "bytes/sample", "intercept"),
        rows={
            kernel: (*cells, *line_cells(lines.get(kernel)))
            for kernel, cells in peaks.rows.items()
        },
    )


def _peak(told: Mapping[str, Any], quantity: str) -> str:
    """Write one case's peak, and what is to be known of it."""
    value = float(told[quantity])
    if quantity == memory_cost.DEVICE and told.get("device_footprint_of") == "device":
        return f"{binary(value)}{OF_THE_DEVICE}"
    if quantity == memory_cost.HOST and not told.get("host_peak_is_exact"):
        return f"≤ {binary(value)}"
    return _unless_noise(value, memory_cost.noise(told, quantity))


def line_cells(line: Line | None) -> tuple[str, str]:
    """Write a line's slope and intercept; what is noise as less than the noise.

    Parameters
    ----------
    line : Line or None
        None where there are no peaks.
    """
    if line is None:
        return "–", "–"
    return (
        _unless_noise(line.bytes_per_sample, line.slope_noise),
        _unless_noise(line.intercept_bytes, line.intercept_noise),
    )


def _unless_noise(n_bytes: float, noise_bytes: float) -> str:
    return f"< {binary(noise_bytes)}" if abs(n_bytes) < noise_bytes else binary(n_bytes)
