"""The tables of the update alone and of the controls, and declarations above the peak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from bench.analyze.peaks import ROOM, excesses
from bench.report import units
from bench.report.quantities import Quantity, heading, show

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

USEFUL = "useful bytes per second (the fewest that the update can move: 12 a float32 parameter)"
UPDATES = (
    Quantity("seconds per update, by number of parameters", "seconds", units.seconds),
    Quantity(USEFUL, "useful_bytes_per_second", units.rate),
)
#: Controls by the quantity that tells about them.
TIMES = ("empty_call", "empty_operator")
COPIES = ("host_to_device", "device_to_host", "device_to_device")
IN_PARTS = ("triad_in_parts", "copy_in_parts")
BYTES = Quantity("bytes per second", "moved_bytes_per_second", units.rate)
FLOPS = Quantity("flops per second", "flops_per_second", units.rate)
SECONDS = Quantity("seconds", "seconds", units.seconds)


def updates(console: Console, rows: pd.DataFrame) -> None:
    """Print the tables of ``bench_update``, a set for each device and number of tensors."""
    if rows.empty:
        return
    counted = (
        rows.assign(n_tensors=rows["n_tensors"].fillna(1))
        if "n_tensors" in rows
        else (rows.assign(n_tensors=1))
    )
    for (device, n_tensors), group in counted.groupby(["device", "n_tensors"], sort=False):
        tensors = "one tensor" if n_tensors == 1 else f"{n_tensors:g} tensors together"
        heading(console, f"Parameter update alone: {device}, {tensors}")
        show(console, group, UPDATES, by="kernel", over="n_parameters")


def controls(console: Console, rows: pd.DataFrame) -> None:
    """Print what the machine can do, a section for each device."""
    for device, group in rows.groupby("device", sort=False):
        heading(console, f"The machine: {device}, by the size of one array")
        for control, quantity in (
            *((name, SECONDS) for name in TIMES),
            ("triad", BYTES),
            ("matmul", FLOPS),
            *((name, BYTES) for name in (*COPIES, *IN_PARTS)),
        ):
            chosen = group[group["control"] == control]
            if chosen.empty:
                continue
            titled = Quantity(f"{control}: {quantity.title}", quantity.column, quantity.write)
            show(console, chosen, (titled,), by="backend", over="n_bytes")


def declared_too_much(console: Console, table: pd.DataFrame) -> None:
    """Print the cases whose declared rates are above their device's peak."""
    found = excesses(table)
    if not found:
        return
    heading(
        console,
        f"Declared wrongly: {units.number(len(found), 'rate')} above {ROOM:g} times what the "
        f"controls reached",
    )
    for one in found:
        console.print(
            f"  {escape(one.name)}: {units.rate(one.rate)} {one.what} per second, "
            f"the peak is {units.rate(one.peak)}"
        )
