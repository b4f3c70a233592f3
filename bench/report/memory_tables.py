"""Prints how much memory trainings take, and what a sample more in the batch costs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from bench.advise import memory_cost
from bench.advise.memory_cost import Line
from bench.report import numbers
from bench.report.grid import BASELINE, Grid, heading

TITLES = {
    memory_cost.HOST: "host memory at most, beside the data as they were loaded",
    memory_cost.ALLOCATOR: "GPU memory that the library gave out at most",
    memory_cost.DEVICE: "GPU memory taken, context and pools included",
}
OF_THE_DEVICE = "*"
PREFIXES = ((30, "Gi"), (20, "Mi"), (10, "Ki"))
SIGNS = {
    "<": "less than can be told",
    "≤": "an upper bound: the peak may be from before the training",
    OF_THE_DEVICE: "the growth of the whole device, other processes included",
}


def show(console: Console, table: pd.DataFrame) -> None:
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
    _failed(console, [one["reason"] for one in table.loc[failed, "memory"]])


def binary(n_bytes: float) -> str:
    """Write a number of bytes with three digits and a binary prefix.

    Returns
    -------
    str
        ``19.1 MiB``, ``-2.00 KiB``, ``7.83 B``; ``–`` where it is not finite.
    """
    if not math.isfinite(n_bytes):
        return "–"
    exponent, prefix = next((one for one in PREFIXES if abs(n_bytes) >= 2 ** one[0]), (0, ""))
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
        console.print(Text(title, style="italic"))
        grid = _grid(known, quantity)
        for part in grid.merged().tables(console.width):
            console.print(part)
            console.print()
        used.update(
            sign for sign in SIGNS for row in grid.rows.values() if sign in "".join(row)
        )
    for sign in (sign for sign in SIGNS if sign in used):
        console.print(f"{sign}: {SIGNS[sign]}.")


def _grid(rows: pd.DataFrame, quantity: str) -> Grid:
    """Put the peaks at all batch sizes and the lines through them side by side."""
    peaks = {
        (row["kernel"], row["batch_size"]): _peak(row["memory"], quantity)
        for _, row in rows.iterrows()
    }
    lines = {kernel: line for (*_, kernel), line in memory_cost.lines(rows, quantity).items()}
    kernels = sorted(dict.fromkeys(rows["kernel"]), key=lambda name: name != BASELINE)
    sizes = sorted(set(rows["batch_size"]))
    return Grid(
        corner="kernel",
        sizes=(*(f"B={size:g}" for size in sizes), "bytes/sample", "intercept"),
        rows={
            kernel: (
                *(peaks.get((kernel, size), "") for size in sizes),
                *line_cells(lines.get(kernel)),
            )
            for kernel in kernels
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


def _failed(console: Console, reasons: list[str]) -> None:
    """Count the cases whose memory could not be measured, by reason."""
    if not reasons:
        return
    heading(console, f"Memory not measured: {numbers.number(len(reasons), 'case')}")
    for reason, number in Counter(reasons).items():
        console.print(f"  {numbers.number(number, 'case')}: {escape(reason)}")
