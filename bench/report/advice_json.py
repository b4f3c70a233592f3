"""The numbers of ``python -m bench advise`` as JSON."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bench.analyze.refusal import RefusalError

if TYPE_CHECKING:
    import pandas as pd

    from bench.analyze.cost_fit import CostFit
    from bench.analyze.estimate import Estimate
    from bench.analyze.findings import Counted, Found
    from bench.analyze.kernel_answer import KernelAnswer
    from bench.analyze.statistical_model import StatisticalFit
    from bench.analyze.time_to_target import Advice


def document(found: Found) -> dict[str, Any]:
    """Make a document of the answers.

    Parameters
    ----------
    found : Found

    Returns
    -------
    dict
        JSON-ready, None for what is not known or not finite. ``answers``: for each workload,
        device and kernel ``advice`` or ``refusal``, ``cost``, ``linear``, ``by_batch_size``;
        ``workloads``: for each workload and its conditions the steps, their model, what theory
        says, and the gradient noise scale; ``other_axes``: answers under other schedules
        and samplings.
    """
    whole = {
        "answers": [
            {**_answer(one), "conditions": asdict(conditions)}
            for one, conditions in zip(found.answers, found.conditions, strict=True)
        ],
        "workloads": [_counted(known) for known in found.counted.values()],
        "other_axes": [
            {**_answer(one), "conditions": asdict(known.conditions)}
            for known, one in found.others
        ],
    }
    finite: dict[str, Any] = _finite(whole)
    return finite


def _answer(one: KernelAnswer) -> dict[str, Any]:
    return {
        **asdict(one.subject),
        "advice": one.advice and _advice(one.advice),
        "refusal": one.refusal,
        "cost": one.cost and _cost(one.cost),
        "linear": one.linear and asdict(one.linear),
        "measured_best": one.measured_best,
        "agrees": one.agrees,
        "by_batch_size": _rows(one.table),
    }


def _advice(advice: Advice) -> dict[str, Any]:
    return {
        "batch_size": advice.recommended,
        "b_star": asdict(advice.b_star),
        "t_star_seconds": asdict(advice.t_star_seconds),
        "within_5_percent": [asdict(end) for end in advice.within],
        "at_end": advice.at_end,
        "extrapolated": advice.extrapolated,
    }


def _cost(cost: CostFit) -> dict[str, Any]:
    return {
        "model": cost.model,
        "aicc": dict(cost.aicc),
        "a_seconds": cost.a,
        "b_seconds_per_sample": cost.b,
        "r_inf": _estimate(cost.r_inf),
        "n_half": _estimate(cost.n_half),
        "host_seconds": _estimate(cost.host_seconds),
        "plateau_until": _estimate(cost.plateau_until),
        **_quality(cost),
    }


def _quality(fit: CostFit | StatisticalFit) -> dict[str, Any]:
    return {
        "batch_sizes": list(fit.batch_sizes),
        "residuals": list(fit.residuals),
        "rms_residual": fit.rms_residual,
        "times_noise": fit.times_noise,
        "misses_noise": fit.misses_noise,
    }


def _counted(known: Counted) -> dict[str, Any]:
    return {
        "workload": known.workload,
        "conditions": asdict(known.conditions),
        "target_loss": known.target_loss,
        "loss_optimum": known.loss_optimum,
        "steps": _rows(known.table),
        "model": _statistical(known.fit),
        "theory": _statistical(known.expected),
        "gradient_noise_scale": asdict(known.noise_scale),
    }


def _statistical(fit: StatisticalFit | RefusalError | None) -> dict[str, Any] | None:
    if fit is None:
        return None
    if isinstance(fit, RefusalError):
        return {"refusal": str(fit)}
    return {
        "s_min": asdict(fit.s_min),
        "e_min": asdict(fit.e_min),
        "b_noise": asdict(fit.b_noise),
        "misses": list(fit.misses),
        **_quality(fit),
    }


def _estimate(estimate: Estimate | None) -> dict[str, Any] | None:
    return None if estimate is None else asdict(estimate)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.astype(object).to_dict("records")
    return rows


def _finite(value: Any) -> Any:
    """Return plain Python values, None for numbers that JSON can't hold."""
    if isinstance(value, dict):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
