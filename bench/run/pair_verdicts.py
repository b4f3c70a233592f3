"""The verdicts of a comparison of pairs, from what was measured."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.machine.rule import RULE as MACHINE
from bench.run.rule import RULE
from bench.stats.verdict import CaseVerdict, Judgement, Rates, Verdict

if TYPE_CHECKING:
    from bench.run.pair_cases import Entry
    from bench.run.pairs import Measured
    from bench.run.sides import Side

#: What a case says that only the second side has.
ONLY_NOW = "side A has no such case"


def judged(
    sides: Sequence[Side],
    measured: Sequence[Measured],
    others: Sequence[Entry],
    rates: Rates | None = None,
    sources: Sequence[str] = (),
) -> Judgement:
    """Put the verdicts together.

    Parameters
    ----------
    others : sequence of Entry
        The cases that can't be measured.
    sources : sequence of str
        The run files.
    """
    cases = [_verdict(one) for one in measured]
    skipped = [one for one in others if one.tasks == (None, None)]
    missing = [one for one in others if one not in skipped and one.reason != ONLY_NOW]
    cases += [_not_comparable(one.name, one.reason) for one in missing]
    return Judgement(
        kind="ab",
        before=f"A ({sides[0].label})",
        now=f"B ({sides[1].label})",
        cases=tuple(cases),
        added=tuple(one.name for one in others if one.reason == ONLY_NOW),
        warnings=tuple(_skipped(skipped)),
        rates=rates,
        sources=tuple(sources),
    )


def unbacked(judgement: Judgement, why: str) -> Judgement:
    """Trust no case whose rounds could not be saved: nobody can look at them again.

    Parameters
    ----------
    why : str
        A sentence.
    """
    cases = [
        one
        if one.verdict is Verdict.NOT_COMPARABLE
        else replace(
            one,
            verdict=Verdict.UNTRUSTED,
            confirmed=False,
            reason=f"No file backs it, since {why}",
        )
        for one in judgement.cases
    ]
    return replace(judgement, cases=tuple(cases))


def _skipped(entries: Sequence[Entry]) -> Iterator[str]:
    """Tell what neither side can measure: it is skipped, and decides nothing."""
    reasons = Counter(one.reason for one in entries)
    for reason, count in reasons.items():
        cases = "case was" if count == 1 else "cases were"
        yield f"{count} {cases} skipped: {_sentence(reason)}"


def _not_comparable(name: str, reason: str) -> CaseVerdict:
    return CaseVerdict(name, Verdict.NOT_COMPARABLE, _sentence(reason))


def _verdict(one: Measured) -> CaseVerdict:
    """Say what is known of a case."""
    contest = one.contest
    if one.lost or not contest.n_pairs:
        return _not_comparable(one.entry.name, one.lost or "it was not measured")
    verdict, reason = contest.verdict or Verdict.UNCLEAR, ""
    shares = _disturbed(one)
    if verdict in (Verdict.SLOWER, Verdict.FASTER):
        reason = (
            f"beyond the margin in {contest.detected_at} pairs, and in "
            f"{contest.n_pairs - contest.detected_at} fresh ones"
        )
        if max(shares) > RULE.disturbed_share:
            # Sides that take turns are disturbed alike: it costs pairs, and favours neither.
            reason += f"; {_told(shares)} were disturbed"
    elif verdict is Verdict.SAME:
        reason = f"within the margin in {contest.n_pairs} pairs"
    else:
        reason = f"{contest.n_pairs} pairs do not tell"
        if contest.detected_at:
            reason += ", and fresh ones did not confirm what the first seemed to show"
        if min(shares) > MACHINE.untrusted_share:
            verdict = Verdict.UNTRUSTED
            reason += f": most rounds were disturbed ({_told(shares)})"
    found = contest.estimate
    return CaseVerdict(
        name=one.entry.name,
        verdict=verdict,
        reason=_sentence(reason),
        ratio=found.ratio,
        low=found.low,
        high=found.high,
        margin=contest.margin,
        n_before=contest.n_pairs,
        n_now=contest.n_pairs,
        confirmed=verdict in (Verdict.SLOWER, Verdict.FASTER),
    )


def _sentence(reason: str) -> str:
    return f"{reason[0].upper()}{reason[1:].rstrip('.')}."


def _disturbed(one: Measured) -> tuple[float, float]:
    """Return the share of disturbed rounds of each side: the median over the processes."""
    first, second = (
        statistics.median(
            outcome.answer["facts"]["disturbed_rounds"] / len(outcome.answer["rounds"])
            for outcome in outcomes
            if outcome.answer is not None
        )
        for outcomes in one.outcomes
    )
    return first, second


def _told(shares: Sequence[float]) -> str:
    return f"{shares[0]:.0%} of A's rounds, {shares[1]:.0%} of B's"
