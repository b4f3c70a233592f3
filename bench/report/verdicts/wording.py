"""How verdicts and comparisons are put into words, whatever the form, and in which order."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from shlex import quote
from typing import NamedTuple

from bench.report.numbers import number, ratio
from bench.stats.verdict import (
    COMPARISONS,
    CaseVerdict,
    Judgement,
    Outcome,
    Rates,
    Share,
    Verdict,
)

# In which order verdicts are told: what is slower first, then what nothing can be said of.


#: What a reader has to act on comes first.
ORDER = (
    Verdict.SLOWER,
    Verdict.UNCLEAR,
    Verdict.UNTRUSTED,
    Verdict.NOT_COMPARABLE,
    Verdict.FASTER,
    Verdict.SAME,
)


def ordered(cases: Iterable[CaseVerdict]) -> list[CaseVerdict]:
    """Sort verdicts.

    Returns
    -------
    list of CaseVerdict
        By `ORDER`; of one verdict those that are confirmed first, then by how much they
        changed, then as they stood.
    """

    def rank(one: CaseVerdict) -> tuple[int, bool, float]:
        change = abs(math.log(one.ratio)) if one.ratio else -1.0
        return ORDER.index(one.verdict), not one.confirmed, -change

    return sorted(cases, key=rank)


def by_verdict(
    cases: Sequence[CaseVerdict],
) -> Iterator[tuple[Verdict, list[CaseVerdict]]]:
    """Yield each verdict that there is with its cases, all in order."""
    for verdict, group in groupby(ordered(cases), key=lambda one: one.verdict):
        yield verdict, list(group)


def by_reason(cases: Iterable[CaseVerdict]) -> dict[tuple[Verdict, str], list[CaseVerdict]]:
    """Put cases together that have a verdict for the same reason."""
    together: dict[tuple[Verdict, str], list[CaseVerdict]] = defaultdict(list)
    for one in cases:
        together[one.verdict, one.reason].append(one)
    return together


def heading(verdict: Verdict, cases: Sequence[CaseVerdict]) -> str:
    """Say how many cases have a verdict: ``Slower: 2 cases``."""
    return f"{verdict.value.capitalize()}: {number(len(cases), 'case')}"


def told(judgement: Judgement) -> list[CaseVerdict]:
    """Return the verdicts of the machine, then those of the cases, each in order."""
    return [*ordered(judgement.machine), *ordered(judgement.cases)]


def title(judgement: Judgement) -> str:
    """Say what the whole comes to, in a line.

    Returns
    -------
    str
        ``2 slower (1 confirmed), 94 same``; and of the machine what is not the same.
    """
    counted = []
    for verdict, cases in by_verdict(judgement.cases):
        n_confirmed = sum(one.confirmed for one in cases)
        behind = f" ({n_confirmed} confirmed)" if verdict is Verdict.SLOWER else ""
        counted.append(f"{len(cases)} {verdict.value}{behind}")
    if judgement.added:
        counted.append(f"{len(judgement.added)} new")
    return "; ".join([", ".join(counted) or "no case", *_of_machine(judgement)])


def _of_machine(judgement: Judgement) -> Iterator[str]:
    """Name the parts of the machine of each verdict but ``same``."""
    for verdict, parts in by_verdict(judgement.machine):
        if verdict is not Verdict.SAME:
            names = ", ".join(one.name.removeprefix("machine: ") for one in parts)
            yield f"machine {verdict.value} ({names})"


# How a verdict and what belongs to it is put into words, whatever the form.


NOT_MEASURED = (
    "How often this rule is wrong on this machine has not been measured: "
    "python -m bench selftest."
)
FORCED = "Forced: what can't be compared was compared all the same; do not rely on it."
#: What is counted, by how a comparison was made.
UNITS = {"track": "runs"}


CHANGED = (Verdict.SLOWER, Verdict.FASTER)
#: What tells more where a comparison is unclear.
MORE = {
    "ab": "python -m bench ab again with a larger --max-seconds, which allows more pairs",
    "compare": "python -m bench ab, which measures both in turn and tells smaller changes",
    "track": "python -m bench run, and this command again: every run adds to the history",
}


class Told(NamedTuple):
    """How an outcome is told, for programs and for people; and how a terminal shows it."""

    in_json: str
    sentence: str
    style: str


OUTCOMES = {
    Outcome.NONE_SLOWER: Told("none slower", "No case is slower", "bold green"),
    Outcome.SLOWER: Told("slower", "Slower, and confirmed", "bold red"),
    Outcome.UNCLEAR: Told("unclear", "Unclear", "bold yellow"),
    Outcome.NOTHING: Told("nothing comparable", "Nothing comparable", "bold yellow"),
}


def beginning(judgement: Judgement) -> Iterator[str]:
    """Say what is compared with what, and under which conditions."""
    yield f"before: {judgement.before}"
    yield f"now: {judgement.now}"
    if judgement.conditions:
        yield f"conditions: {judgement.conditions}."
    if judgement.forced:
        yield FORCED


def outcome(judgement: Judgement) -> str:
    """Say what the whole comes to: ``Unclear: 3 unclear, 93 same.``."""
    return f"{OUTCOMES[judgement.outcome].sentence}: {title(judgement)}."


def changes(judgement: Judgement) -> Iterator[str]:
    """Say what the whole comes to, and which case changed most."""
    yield outcome(judgement)
    changed = [one for one in ordered(judgement.cases) if one.verdict in CHANGED]
    if changed:
        yield f"Most: {changed[0].name}, {ratio_of(changed[0])}."


def ending(judgement: Judgement) -> Iterator[str]:
    """Say that, how far to trust it, and what to do next."""
    yield from changes(judgement)
    yield rates_of(judgement.rates)
    if judgement.outcome is Outcome.UNCLEAR:
        yield f"Next: {MORE[judgement.kind]}."
    elif judgement.outcome is Outcome.NOTHING:
        yield "Next: python -m bench doctor, which says what can be measured here."
    elif judgement.sources:
        shown = judgement.sources[judgement.kind == "track" :]  # of a history its folders
        yield f"Next: python -m bench report {' '.join(map(quote, shown))} (a page)."
    if judgement.sources:
        yield f"From {', '.join(judgement.sources)}"


def ratio_of(one: CaseVerdict) -> str:
    """Write a ratio with its interval: ``1.053x (1.041 to 1.066)``; ``–`` without one."""
    if one.ratio is None:
        return "–"
    low, high = (math.nan if end is None else end for end in (one.low, one.high))
    return ratio(one.ratio, low, high)


def percent(share: float) -> str:
    """Write a margin: ``1.5%``."""
    return f"{100 * share:.3g}%"


def n_of(one: CaseVerdict) -> str:
    """Write how many processes, or runs, each side rests on: ``5 / 5``."""
    return f"{one.n_before} / {one.n_now}" if one.n_before or one.n_now else "–"


def unit(judgement: Judgement) -> str:
    """Name what is counted: processes, or runs."""
    return UNITS.get(judgement.kind, "processes")


def verdict_of(one: CaseVerdict) -> str:
    """Write a verdict: ``slower, confirmed``."""
    if one.verdict.value not in {"slower", "faster"}:
        return one.verdict.value
    return f"{one.verdict.value}, {'confirmed' if one.confirmed else 'not confirmed'}"


def cells_of(one: CaseVerdict) -> tuple[str, str, str, str, str]:
    """Write what tables hold of a case: verdict, ratio, margin, processes or runs, cause."""
    return verdict_of(one), ratio_of(one), percent(one.margin), n_of(one), one.cause or "–"


def sentence(judgement: Judgement, one: CaseVerdict) -> str:
    """Write all that is said of a case, in a line.

    Returns
    -------
    str
        Verdict, ratio, margin, processes, cause and reason.
    """
    parts = [f"{verdict_of(one)}: {ratio_of(one)}", f"margin {percent(one.margin)}"]
    if one.n_before or one.n_now:
        parts.append(f"{one.n_before} {unit(judgement)} before, {one.n_now} now")
    if one.cause:
        parts.append(f"cause: {one.cause}")
    return f"{', '.join(parts)}. {one.reason}"


def long_term(judgement: Judgement) -> list[str]:
    """Return a sentence for every step and drift of the whole history."""
    steps = [one.sentence for one in judgement.changes]
    return [*steps, *(one.sentence for one in judgement.drifts)]


def rates_of(rates: Rates | None) -> str:
    """Say how often the rule is wrong on this machine.

    Returns
    -------
    str
        With the interval of each share at 95%, and the file that holds the samples.
    """
    if rates is None:
        return NOT_MEASURED
    told = [
        f"of identical code {_share(rates.false_slower)} called slower",
        f"{_share(rates.same)} called the same",
    ]
    told += [
        f"of slowdowns by {percent(slowdown)} {_share(share)} found"
        for slowdown, share in rates.found
    ]
    of = "" if rates.unit == COMPARISONS else f", of {rates.unit}"
    return (
        f"The rule {rates.rule} on this machine, measured {rates.measured}{of}: "
        f"{'; '.join(told)} ({rates.path})."
    )


def _share(share: Share) -> str:
    """Write so many of so many: ``1 of 300 (0.008% to 1.8%)``."""
    low, high = share.interval
    return f"{share.count} of {share.of} ({percent(low)} to {percent(high)})"
