"""Whether a run's times and the steps that are counted here are of the same training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import data
from bench.measure.protocol import Protocol, plan_training
from kernels.rule import UpdateRule

if TYPE_CHECKING:
    import pandas as pd

    from bench.analyze.kernel_answer import Subject

#: How far the losses that a run recorded may be from those that float64 gives here.
LOSS_ROOM = 0.01


def why_unfit(rows: pd.DataFrame, subject: Subject) -> str | None:
    """Say why a run's times can't be put together with steps counted here."""
    if "loss_by_epoch" not in rows or not rows["loss_by_epoch"].map(_is_curve).all():
        return (
            "the run has no loss curve, so nothing shows that its kernel trains as the steps "
            "are counted"
        )
    row = rows.sort_values("batch_size").iloc[-1]
    expected = _losses(row, subject.workload)
    recorded = [float(loss) for loss in row["loss_by_epoch"]][: len(expected)]
    apart = max(
        abs(there - here) / here for there, here in zip(recorded, expected, strict=False)
    )
    if not apart <= LOSS_ROOM:
        return (
            f"the losses that the run recorded at batch size {int(row['batch_size'])} are up "
            f"to {apart:.0%} from those that the same training gives here: the data or the "
            "code have changed"
        )
    return None


def _is_curve(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) > 1


def _losses(row: pd.Series, name: str) -> list[float]:
    """Return the losses after each epoch that float64 gives for the run's own training."""
    workload = data.load(name)
    momentum = row.get("momentum")
    rule = UpdateRule(float(momentum)) if momentum and momentum == momentum else UpdateRule()  # noqa: PLR0124 - NaN
    protocol = Protocol(
        epochs=len(row["loss_by_epoch"]) - 1,
        seconds_per_case=0.0,
        seed=int(row["seed"]),
        sampling=row["sampling"],
        schedule=row["schedule"],
        learning_rate=float(row["learning_rate"]),
    )
    plan = plan_training(workload, int(row["batch_size"]), protocol, rule)
    thetas = [one.theta for one in plan.expected]
    return [
        workload.loss(plan.start.weight, plan.start.bias),
        *(workload.loss(theta[:-1], float(theta[-1])) for theta in thetas),
    ]
