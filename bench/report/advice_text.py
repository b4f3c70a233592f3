"""Says which batch size to take, as a person would say it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.advise.answer import Conditions, Counted, KernelAnswer
from bench.advise.contenders import Ranking
from bench.advise.proportionality import CostFit, Linearity
from bench.advise.statistical_cost import StatisticalFit
from bench.convergence.quadratic import NoiseScale
from bench.report import numbers
from bench.report.numbers import estimated, measured, quotient
from bench.stats.estimate import Estimate
from bench.stats.fits import RefusalError

# Says which batch size to take, as a person would say it.


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


def fit_of(known: Counted | None) -> StatisticalFit | None:
    """Return the model of the steps of a workload; None where there is none."""
    return None if known is None or isinstance(known.fit, RefusalError) else known.fit


def conditions(its: Conditions) -> str:
    """Name the schedule, the sampling and the momentum: ``constant rate, with replacement``."""
    momentum = f", momentum {its.momentum:g}" if its.momentum else ""
    return f"{its.schedule} rate, {its.sampling.replace('-', ' ')}{momentum}"


def sentences(one: KernelAnswer, statistical: StatisticalFit | None) -> list[str]:
    """Answer for one kernel.

    Parameters
    ----------
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
        return f"It takes about {numbers.seconds(advice.t_star_seconds.value)}."
    chosen = row.iloc[0]
    said = (
        f"That is about {chosen['steps']:.0f} steps and {numbers.seconds(chosen['seconds'])} "
        "by the models"
    )
    if not math.isfinite(chosen["measured_seconds"]):
        return f"{said}; it was not measured here."
    said += f", {numbers.seconds(chosen['measured_seconds'])} measured"
    if one.measured_best == advice.recommended:
        return f"{said}: the shortest of all that were."
    best = best_time(one)
    assert best is not None  # noqa: S101 - the advised size was measured
    shortest = f"{numbers.seconds(best.value)}, with {one.measured_best}"
    return f"{said}; the shortest that was measured is {shortest}."


def measured_best(one: KernelAnswer) -> str:
    """Write the shortest measured time to the target: ``1.20 s at 100``."""
    best = best_time(one)
    return "–" if best is None else f"{numbers.seconds(best.value)} at {one.measured_best}"


def best_time(one: KernelAnswer) -> Estimate | None:
    """Return the shortest measured time to the target; None where none was measured."""
    if one.measured_best is None:
        return None
    row = one.table.set_index("batch_size").loc[one.measured_best]
    return Estimate(*(float(row[f"measured_{name}"]) for name in ("seconds", "low", "high")))


def doubts(one: KernelAnswer, statistical: StatisticalFit | None) -> list[str]:
    """Say what is wrong with an answer.

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
        low, high = numbers.rate(cost.r_inf.low), numbers.rate(cost.r_inf.high)
        parts.append(
            f"r_inf {numbers.rate(cost.r_inf.value)} samples/s ({low} to {high}), "
            f"n_half {interval(cost.n_half)}"  # type: ignore[arg-type] # both or neither
        )
    if cost.host_seconds is not None:
        parts.append(f"plateau {numbers.seconds(cost.host_seconds.value)}")
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


# The answer in two sentences: which way of training is fastest, which batch size and why.


TEXTBOOK = "nd.autograd"
#: What is compared, and how that is known.
QUANTITIES = {
    "measured": "whole trainings to the target, as they were timed",
    "computed": "steps to the target, as counted, times the measured time of a step",
    "epoch": "seconds per epoch",
}
#: As many rivals are named, and so few still make an answer.
NAMED, FEW = 3, 2


#: From the least sure to the surest; where a run does not tell how good it is, `fair` at most.
LEVELS = ("poor", "fair", "good")


@dataclass(frozen=True)
class Headline:
    """What a reader should know first.

    Attributes
    ----------
    fastest, recommendation : str
        A sentence each: which way of training, and which batch size.
    reasons : tuple of str
        Sentences on what the recommendation rests on.
    sureness : str
        How sure the first is, in a sentence.
    level : {'good', 'fair', 'poor'}
        Never above the grade of the run.
    """

    contest: Ranking
    fastest: str
    recommendation: str
    reasons: tuple[str, ...]
    sureness: str
    level: str


def headline(
    contest: Ranking,
    answer: KernelAnswer | None,
    statistical: StatisticalFit | None,
    tolerance: float | None,
    grade: str = LEVELS[-1],
) -> Headline:
    """Say it.

    Parameters
    ----------
    answer : KernelAnswer or None
        Of the fastest kernel.
    statistical : StatisticalFit or None
        Of the workload.
    tolerance : float or None
        The target, as a share above the optimum's loss.
    grade : {'good', 'fair', 'poor', 'unknown'}
        How far the run can be trusted.
    """
    sureness, level = _sureness(contest)
    capped = grade if grade in LEVELS else "fair"
    recommendation, reasons = _batch_size(contest, answer, statistical)
    return Headline(
        contest,
        _fastest(contest, tolerance),
        recommendation,
        reasons,
        sureness,
        min(level, capped, key=LEVELS.index),
    )


def _fastest(contest: Ranking, tolerance: float | None) -> str:
    first = contest.winner
    if contest.quantity == "epoch":
        done = f"an epoch takes {estimated(first.known)} at batch size {first.batch_size}"
    else:
        near = "near" if tolerance is None else f"within {100 * tolerance:g}% of"
        done = f"loss {near} the optimum after {estimated(first.known)}"
    rivals = [one.kernel for one in contest.rivals]
    tied = f", or {' or '.join(rivals)}," if 0 < len(rivals) <= FEW else ""
    n_kernels = len(contest.contenders)
    fastest = f" trains fastest of {n_kernels}" if n_kernels > 1 else ""
    said = f"{first.kernel}{tied}{fastest} on {contest.device}: {done}"
    book = next((one for one in contest.contenders if one.kernel == TEXTBOOK), None)
    if book is not None and book is not first:
        ratio = quotient(book.known, first.known)
        said += f", {ratio} as fast as the textbook's {TEXTBOOK}"
        said += "" if contest.quantity == "epoch" else ", each at its best size"
    return f"{said}."


def _batch_size(
    contest: Ranking, answer: KernelAnswer | None, statistical: StatisticalFit | None
) -> tuple[str, tuple[str, ...]]:
    """Recommend one batch size, with one range, and say why."""
    first = contest.winner.batch_size
    if answer is None:
        return (
            "To learn which batch size is best, measure five, and have the steps counted.",
            (),
        )
    best = f"Give it batches of {first}, the soonest there of those that were measured."
    if answer.advice is None or statistical is None:
        return best, (f"No model says more: {answer.refusal}.",)
    advice, reason = answer.advice, why(answer, statistical)
    low, high = (end.value for end in advice.within)
    if advice.recommended not in set(answer.table["batch_size"]):
        tried = f"{answer.subject.kernel} was not timed at {advice.recommended}"
        return f"Give it batches of {advice.recommended}{_about(low, high)}.", (
            reason,
            f"By the models: {tried}, and of those that it was, {first} was the soonest there.",
        )
    if advice.recommended != first:
        disagree = f"By the models it is {advice.recommended}, which took more than 10% longer."
        return best, (reason, disagree)
    return f"Give it batches of {first}{_about(min(low, first), max(high, first))}.", (reason,)


def _about(low: float, high: float) -> str:
    least, most = math.ceil(low), math.floor(high)
    return f"; {least} to {most} are about as good" if least < most else ""


def _sureness(contest: Ranking) -> tuple[str, str]:
    """Say how sure the order is, and in one word."""
    first, rivals = contest.winner, contest.rivals
    if len(contest.contenders) == 1:
        return f"{first.kernel} is the only way of training that was measured.", "poor"
    if math.isfinite(first.low):
        half = (first.high - first.low) / 2
        ends = f"{measured(first.low, half)} to {measured(first.high, half)}"
        source = "from one process, where others may differ by some percent"
        if contest.n_processes > 1:
            source = f"from {contest.n_processes} processes"
        known = f"Its 95% interval is {ends}, {source}"
    else:
        known = "Its interval is not known"
    if not rivals:
        second = contest.contenders[1]
        slower = quotient(second.known, first.known)
        level = "good" if contest.n_processes > 1 else "fair"
        return f"{known}; the next, {second.kernel}, takes {slower} as long.", level
    names = ", ".join(one.kernel for one in rivals[:NAMED])
    more = len(rivals) - NAMED
    names += f" and {numbers.number(more, 'other')}" if more > 0 else ""
    verb = "is" if len(rivals) == 1 else "are"
    level = "fair" if len(rivals) <= FEW else "poor"
    return f"{known}; {names} {verb} not told apart from it.", level
