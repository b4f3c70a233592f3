"""The answer in two sentences: which way of training is fastest, which batch size and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.report import units
from bench.report.advice_text import size, why
from bench.report.digits import measured
from bench.report.ratio_text import quotient

if TYPE_CHECKING:
    from bench.analyze.contenders import Contender, Contest
    from bench.analyze.kernel_answer import KernelAnswer
    from bench.analyze.statistical_model import StatisticalFit

TEXTBOOK = "nd.autograd"
#: What is compared, and how that is known.
QUANTITIES = {
    "measured": "whole trainings to the target, as they were timed",
    "computed": "steps to the target, as counted, times the measured time of a step",
    "epoch": "seconds per epoch",
}
#: As many rivals are named, and so few still make an answer.
NAMED, FEW = 3, 2


@dataclass(frozen=True)
class Headline:
    """What a reader should know first.

    Attributes
    ----------
    contest : Contest
    fastest, batch_size : str
        A sentence each, the second of two or three clauses.
    sureness : str
        How sure the first is, in a sentence.
    level : {'good', 'fair', 'poor'}
    """

    contest: Contest
    fastest: str
    batch_size: str
    sureness: str
    level: str


def headline(
    contest: Contest,
    answer: KernelAnswer | None,
    statistical: StatisticalFit | None,
    tolerance: float | None,
) -> Headline:
    """Say it.

    Parameters
    ----------
    contest : Contest
    answer : KernelAnswer or None
        Of the fastest kernel.
    statistical : StatisticalFit or None
        Of the workload.
    tolerance : float or None
        The target, as a share above the optimum's loss.

    Returns
    -------
    Headline
    """
    sureness, level = _sureness(contest)
    return Headline(
        contest,
        _fastest(contest, tolerance),
        _batch_size(contest, answer, statistical),
        sureness,
        level,
    )


def time(one: Contender) -> str:
    """Write the time of a contender with the digits that its interval allows."""
    return measured(one.seconds, (one.high - one.low) / 2)


def _fastest(contest: Contest, tolerance: float | None) -> str:
    first = contest.winner
    if contest.quantity == "epoch":
        done = f"an epoch takes it {time(first)} at batch size {first.batch_size}"
    else:
        near = "near the optimum" if tolerance is None else f"within {100 * tolerance:g}%"
        of = "" if tolerance is None else " of the optimum"
        done = f"its loss is {near}{of} after {time(first)}, with batches of {first.batch_size}"
    rivals = [one.kernel for one in contest.rivals]
    tied = f", or {' or '.join(rivals)}," if 0 < len(rivals) <= FEW else ""
    said = f"{first.kernel}{tied} trains fastest on {contest.device}: {done}"
    book = next((one for one in contest.contenders if one.kernel == TEXTBOOK), None)
    if book is not None and book is not first:
        ratio = quotient(book.known, first.known)
        said += f", {ratio} as fast as the textbook's loop, {TEXTBOOK}"
    return f"{said}."


def _batch_size(
    contest: Contest, answer: KernelAnswer | None, statistical: StatisticalFit | None
) -> str:
    if answer is None:
        return (
            "Which batch size is best is not answered here: that takes losses by epoch at "
            "several batch sizes, from which steps to a target can be counted."
        )
    first = contest.winner
    if answer.advice is not None and statistical is not None:
        advice, reason = answer.advice, why(answer, statistical)
        low, high = (size(end.value) for end in advice.within)
        span = f" (any from {low} to {high} is within 5%)" if low != high else ""
        timed = ""
        if advice.recommended != first.batch_size:
            timed = f" By the times alone it is {first.batch_size}."
        return (
            f"Give it batches of {advice.recommended}{span}, because "
            f"{reason[0].lower()}{reason[1:]}{timed}"
        )
    return (
        f"Of the batch sizes measured, {first.batch_size} is the soonest there for it; no "
        f"model says more: {answer.refusal}."
    )


def _sureness(contest: Contest) -> tuple[str, str]:
    """Say how sure the order is, and in one word."""
    first, rivals = contest.winner, contest.rivals
    if len(contest.contenders) == 1:
        return f"{first.kernel} is the only way of training that was measured.", "poor"
    if math.isfinite(first.low):
        ends = f"{_end(first, first.low)} to {_end(first, first.high)}"
        known = f"Its 95% interval is {ends}, {_from(contest)}"
    else:
        known = "Its interval is not known"
    if not rivals:
        second = contest.contenders[1]
        slower = quotient(second.known, first.known)
        level = "good" if contest.n_processes > 1 else "fair"
        return f"{known}; the next, {second.kernel}, takes {slower} as long.", level
    names = ", ".join(one.kernel for one in rivals[:NAMED])
    more = len(rivals) - NAMED
    names += f" and {units.number(more, 'other')}" if more > 0 else ""
    verb = "is" if len(rivals) == 1 else "are"
    level = "fair" if len(rivals) <= FEW else "poor"
    return f"{known}; {names} {verb} not told apart from it.", level


def _from(contest: Contest) -> str:
    if contest.n_processes > 1:
        return f"from {contest.n_processes} processes"
    return "from one process, where others may differ by some percent"


def _end(one: Contender, end: float) -> str:
    return measured(end, (one.high - one.low) / 2)
