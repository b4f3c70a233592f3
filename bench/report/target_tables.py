"""The table of ``bench_target``: the time until the loss is near the optimum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report import units
from bench.report.quantities import Quantity, heading, show

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

QUANTITIES = (
    Quantity("seconds to the target", "seconds", units.seconds),
    Quantity("steps to the target", "steps_to_target", lambda steps: f"{steps:.0f}"),
    Quantity("tuned learning rate", "learning_rate", lambda rate: f"{rate:.3g}"),
)


def targets(console: Console, rows: pd.DataFrame) -> None:
    """Print a set for each workload, device and target."""
    if rows.empty:
        return
    for (workload, device, tolerance), group in rows.groupby(
        ["workload", "device", "tolerance"], sort=False
    ):
        percent = 100 * float(str(tolerance))
        heading(
            console,
            f"Training on {workload}, {device}, until the loss is {percent:g}% above "
            "the optimum",
        )
        show(console, group, QUANTITIES, by="kernel", over="batch_size")
