"""Says which batch size to take, as a person would say it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.report import units

if TYPE_CHECKING:
    from bench.analyze.cost_fit import CostFit
    from bench.analyze.estimate import Estimate
    from bench.analyze.findings import NoiseScale
    from bench.analyze.kernel_answer import KernelAnswer
    from bench.analyze.linearity import Linearity
    from bench.analyze.statistical_model import StatisticalFit

#: What is said of the claim that a step costs O(|B|).
CLAIMS = {
    "holds": "from there on it does",
    "cheaper": "even from there on a larger batch is cheaper than that",
    "dearer": "from there on a larger batch costs more than that",
    "not reached": "that is beyond the largest batch",
    "unclear": "too few batch sizes lie beyond to tell whether it does",
}


def size(value: float) -> str:
    """Write a batch size: whole from 10 on, else two digits."""
    if not math.isfinite(value):
        return "any"
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def interval(estimate: Estimate) -> str:
    """Write a batch size with its interval: ``30 (20 to 41)``."""
    if not math.isfinite(estimate.high):
        return f"at least {size(estimate.low)}"
    if estimate.low <= 0:
        return f"at most {size(estimate.high)}"
    return f"{size(estimate.value)} ({size(estimate.low)} to {size(estimate.high)})"


def sentences(one: KernelAnswer, statistical: StatisticalFit | None) -> list[str]:
    """Answer for one kernel.

    Parameters
    ----------
    one : KernelAnswer
    statistical : StatisticalFit or None
        Of its workload.

    Returns
    -------
    list of str
        Two or three sentences; one where there is no advice.
    """
    if one.advice is None or one.cost is None or statistical is None:
        return [f"No batch size can be advised for {one.subject.kernel}: {one.refusal}."]
    advice = one.advice
    low, high = (size(end.value) for end in advice.within)
    best = f"Give {one.subject.kernel} batches of {advice.recommended}"
    span = f"; any from {low} to {high} gets there within 5% of the shortest time."
    said = [best + (span if low != high else "."), why(one, statistical), _proof(one)]
    return [sentence for sentence in said if sentence]


def why(one: KernelAnswer, statistical: StatisticalFit) -> str:
    """Say what the two costs are that the advised size lies between.

    Parameters
    ----------
    one : KernelAnswer
        With advice.
    statistical : StatisticalFit
        Of its workload.

    Returns
    -------
    str
        A sentence.
    """
    cost, advice = one.cost, one.advice
    assert cost is not None  # noqa: S101 - `sentences` has looked
    assert advice is not None  # noqa: S101
    assert cost.n_half is not None  # noqa: S101 - without it there is no advice
    fixed = f"Every step has a fixed cost worth {interval(cost.n_half)} samples"
    wasted = f"batches beyond {interval(statistical.b_noise)} samples mostly waste them"
    if advice.at_end == "largest":
        return f"{fixed}, so the time only falls with the batch size, though {wasted}."
    if advice.at_end == "smallest":
        return f"{fixed}, so nothing is gained by batches, and {wasted}."
    return f"{fixed}, and {wasted}; the two balance at {interval(advice.b_star)}."


def _proof(one: KernelAnswer) -> str:
    """Put the measured times beside the predicted one."""
    advice = one.advice
    assert advice is not None  # noqa: S101 - `sentences` has looked
    row = one.table[one.table["batch_size"] == advice.recommended]
    if row.empty:
        return f"It takes about {units.seconds(advice.t_star_seconds.value)}."
    chosen = row.iloc[0]
    said = (
        f"That is about {chosen['steps']:.0f} steps and {units.seconds(chosen['seconds'])} by "
        "the models"
    )
    if not math.isfinite(chosen["measured_seconds"]):
        return f"{said}; it was not measured here."
    said += f", {units.seconds(chosen['measured_seconds'])} measured"
    if one.measured_best == advice.recommended:
        return f"{said}: the shortest of all that were."
    best = one.table.set_index("batch_size").loc[one.measured_best]
    shortest = units.seconds(best["measured_seconds"])
    return f"{said}; the shortest that was measured is {shortest}, with {one.measured_best}."


def doubts(one: KernelAnswer, statistical: StatisticalFit | None) -> list[str]:
    """Say what is wrong with an answer.

    Parameters
    ----------
    one : KernelAnswer
    statistical : StatisticalFit or None

    Returns
    -------
    list of str
        Empty where both models fit within the noise, and the measured times agree.
    """
    said = []
    for name, fit in (("times", one.cost), ("steps", statistical)):
        if fit is not None and fit.misses_noise and fit.times_noise is not None:
            said.append(
                f"The model misses the {name} by {fit.rms_residual:.0%}, {fit.times_noise:.0f} "
                "times what their noise explains."
            )
    if one.advice is not None and one.advice.extrapolated:
        said.append("The best size lies beyond the batch sizes that were measured.")
    if one.agrees is False:
        said.append(
            "The measured times disagree: the best of them lies outside the advised range and "
            "is more than 10% shorter."
        )
    return said


def claim(linear: Linearity, workload_samples: int) -> str:
    """Answer the claim that a step costs O(|B|)."""
    start = linear.linear_from
    if not math.isfinite(start.value):
        return "No sign that a step's time grows with its batch size."
    beyond = " (more than there are samples)" if start.value > workload_samples else ""
    return (
        f"A step's time is in proportion to its batch size from {interval(start)} samples on"
        f"{beyond}: {CLAIMS[linear.claim]}."
    )


def model(one: KernelAnswer) -> str:
    """Name the cost model and its numbers."""
    cost = one.cost
    if cost is None:
        return ""
    scores = ", ".join(f"{name} {score:.1f}" for name, score in cost.aicc.items())
    parts = [f"Cost of a step: {cost.model} (AICc: {scores})"]
    if cost.r_inf is not None:
        low, high = units.rate(cost.r_inf.low), units.rate(cost.r_inf.high)
        parts.append(
            f"r_inf {units.rate(cost.r_inf.value)} samples/s ({low} to {high}), "
            f"n_half {interval(cost.n_half)}"  # type: ignore[arg-type] # both or neither
        )
    if cost.host_seconds is not None:
        parts.append(f"plateau {units.seconds(cost.host_seconds.value)}")
    if cost.plateau_until is not None:
        parts.append(f"until {interval(cost.plateau_until)}")
    parts.append(f"off by {cost.rms_residual:.1%} (root mean square): {residuals(cost)}")
    return "; ".join(parts) + "."


def residuals(fit: CostFit | StatisticalFit) -> str:
    """List what a model misses at each batch size, measured against fitted."""
    pairs = zip(fit.batch_sizes, fit.residuals, strict=True)
    return ", ".join(f"{batch_size:g}: {math.expm1(off):+.1%}" for batch_size, off in pairs)


def statistics_line(fit: StatisticalFit) -> str:
    """Name the statistical model's numbers."""
    return (
        f"Steps to the target: S_min {interval(fit.s_min)}, B_noise {interval(fit.b_noise)} "
        f"samples; residuals {fit.rms_residual:.1%}."
    )


def noise_scale_line(scale: NoiseScale) -> str:
    """Say what the gradient noise scale is on the way to the target.

    Parameters
    ----------
    scale : NoiseScale

    Returns
    -------
    str
        A sentence, in samples.
    """
    return (
        f"The gradient noise scale, exactly: {size(scale.simple[0])} at the start, "
        f"{size(scale.simple[-1])} at the target, {size(scale.mean_simple)} on average along "
        "gradient descent."
    )
