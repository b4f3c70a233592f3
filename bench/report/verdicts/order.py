"""In which order verdicts are told: what is slower first, then what nothing can be said of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.analyze.verdicts.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bench.analyze.verdicts.judgement import Judgement
    from bench.analyze.verdicts.verdict import CaseVerdict

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

    Parameters
    ----------
    cases : iterable of CaseVerdict

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


def told(judgement: Judgement) -> list[CaseVerdict]:
    """Return the verdicts of the machine, then those of the cases, each in order."""
    return [*ordered(judgement.machine), *ordered(judgement.cases)]


def title(judgement: Judgement) -> str:
    """Say what the whole comes to, in a line.

    Parameters
    ----------
    judgement : Judgement

    Returns
    -------
    str
        ``2 slower (1 confirmed), 94 same``; and of the machine what is not the same.
    """
    counted = []
    for verdict in ORDER:
        n = judgement.count(verdict)
        if n:
            n_confirmed = sum(
                one.confirmed for one in judgement.cases if one.verdict is verdict
            )
            behind = f" ({n_confirmed} confirmed)" if verdict is Verdict.SLOWER else ""
            counted.append(f"{n} {verdict.value}{behind}")
    if judgement.added:
        counted.append(f"{len(judgement.added)} new")
    return "; ".join([", ".join(counted) or "no case", *_of_machine(judgement)])


def _of_machine(judgement: Judgement) -> Iterator[str]:
    """Name the parts of the machine of each verdict but ``same``."""
    for verdict in ORDER:
        parts = [
            one.name.removeprefix("machine: ")
            for one in judgement.machine
            if one.verdict is verdict
        ]
        if parts and verdict is not Verdict.SAME:
            yield f"machine {verdict.value} ({', '.join(parts)})"
