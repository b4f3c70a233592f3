"""Peak memory against the batch size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.analyze import memory
from bench.report.charts.chart import Chart, Quantity, packed
from bench.report.charts.looks import members
from bench.report.charts.specs import lines, quantitative
from bench.report.charts.speed import BATCH_SIZE, picks

if TYPE_CHECKING:
    from collections.abc import Collection

QUANTITIES = {
    memory.HOST: "host memory beside the data, at most",
    memory.ALLOCATOR: "GPU memory given out by the library, at most",
    memory.DEVICE: "GPU memory taken, pools included",
}


def memory_chart(table: pd.DataFrame, shown: Collection[str]) -> Chart | None:
    """Draw the peaks of the memory pass.

    Parameters
    ----------
    table : DataFrame
        Cases of a run.
    shown : collection of str
        Kernels that are drawn from the start.

    Returns
    -------
    Chart or None
        None where memory was not measured.
    """
    if "memory" not in table:
        return None
    told = table[[_tells(one) for one in table["memory"]]]
    if told.empty:
        return None
    rows = pd.DataFrame([_row(row) for _, row in told.iterrows()])
    known = [name for name in QUANTITIES if rows[name].notna().any()]
    looks = members(zip(rows["kernel"], rows["backend"], strict=True), shown)
    along = quantitative("batch_size", BATCH_SIZE)
    under = {"kernel": "kernel", "batch_size": "batch size", "text": "bytes"}
    return Chart(
        id="memory-chart",
        title="Peak memory against the batch size",
        caption=(
            "Each from a process of its own. The bars are as wide as the kernel's own way of "
            "counting pages is coarse; what is below that is noise."
        ),
        columns=packed(rows),
        panels=(lines(along, "kernel", looks, under, "Memory against the batch size"),),
        tabulated={"kernel": "kernel", "batch_size": "batch size"},
        quantities=tuple(
            Quantity(QUANTITIES[name], name, f"{name}_low", f"{name}_high", "B", log=False)
            for name in known
        ),
        choices=picks(rows, ("workload", "device")),
        series="kernel",
        members=looks,
        scales={"x": "Horizontal axis"},
    )


def _tells(told: Any) -> bool:
    """Say whether the memory pass of a case gave any peak."""
    return isinstance(told, dict) and any(told.get(name) for name in QUANTITIES)


def _row(row: pd.Series) -> dict[str, Any]:
    """Return one case's peaks, with the ends that the noise gives them."""
    told = row["memory"]
    found = {name: row[name] for name in ("workload", "device", "kernel", "batch_size")}
    found["backend"] = str(row.get("backend"))
    for name in QUANTITIES:
        peak, off = told.get(name), memory.noise(told, name)
        found[name] = peak
        found[f"{name}_low"] = None if peak is None else max(peak - off, 0)
        found[f"{name}_high"] = None if peak is None else peak + off
    return found
