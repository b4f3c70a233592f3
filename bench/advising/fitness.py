"""Whether a run's times and the steps that are counted here are of the same training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

import data
from bench.measure.protocol import Protocol, plan_training
from kernels.rule import UpdateRule

if TYPE_CHECKING:
    from bench.analyze.kernel_answer import Subject

#: How far the losses that a run recorded may be from those that float64 gives here.
LOSS_ROOM = 0.01
#: What a run tells of how a case was trained.
TOLD = ("seed", "sampling", "schedule", "learning_rate")


def rule_of(row: Any) -> UpdateRule:
    """Return the update rule of a case; plain SGD where a run tells of none."""
    momentum = row.get("momentum")
    return (
        UpdateRule() if momentum is None or pd.isna(momentum) else UpdateRule(float(momentum))
    )


def why_unfit(rows: pd.DataFrame, subject: Subject) -> str | None:
    """Say why a run's times can't be put together with steps counted here.

    Parameters
    ----------
    rows : DataFrame
        The epochs of one kernel, from ``bench.analyze.tidy``.
    subject : Subject

    Returns
    -------
    str or None
        None where they can.
    """
    if "loss_by_epoch" not in rows or not rows["loss_by_epoch"].map(_is_curve).all():
        return (
            "the run has no loss curve, so nothing shows that its kernel trains as the steps "
            "are counted"
        )
    row = rows.sort_values("batch_size").iloc[-1]
    untold = [name for name in TOLD if name not in row or pd.isna(row[name])]
    if untold:
        return f"the run does not tell how its kernel was trained ({', '.join(untold)})"
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
    """Say whether these are losses; one that was not finite is written as null."""
    if not isinstance(value, (list, tuple)) or len(value) < 2:
        return False
    return all(isinstance(loss, (int, float)) for loss in value)


def _losses(row: pd.Series, name: str) -> list[float]:
    """Return the losses after each epoch that float64 gives for the run's own training."""
    workload = data.load(name)
    protocol = Protocol(
        epochs=len(row["loss_by_epoch"]) - 1,
        seconds_per_case=0.0,
        seed=int(row["seed"]),
        sampling=row["sampling"],
        schedule=row["schedule"],
        learning_rate=float(row["learning_rate"]),
    )
    plan = plan_training(workload, int(row["batch_size"]), protocol, rule_of(row))
    thetas = [one.theta for one in plan.expected]
    return [
        workload.loss(plan.start.weight, plan.start.bias),
        *(workload.loss(theta[:-1], float(theta[-1])) for theta in thetas),
    ]
