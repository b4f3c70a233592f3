"""Verdicts of one comparison together, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from bench.analyze.verdicts.verdict import Verdict

if TYPE_CHECKING:
    from bench.analyze.verdicts.long_term import Change, Drift
    from bench.analyze.verdicts.rates import Rates
    from bench.analyze.verdicts.verdict import CaseVerdict


class Outcome(Enum):
    """What all verdicts come to."""

    NONE_SLOWER = "no case is slower"
    SLOWER = "slower, confirmed"
    UNCLEAR = "unclear"
    NOTHING = "nothing comparable"


#: No claim is made of such a case.
UNDECIDED = (Verdict.UNCLEAR, Verdict.UNTRUSTED, Verdict.NOT_COMPARABLE)


@dataclass(frozen=True)
class Judgement:
    """What a comparison says.

    Attributes
    ----------
    kind : {'ab', 'compare', 'track'}
        By which rule it was judged.
    before, now : str
        What is compared with what, for a person.
    cases : tuple of CaseVerdict
        Every case of either side; those that only ``now`` has are in `added` instead.
    added : tuple of str
        Cases that only ``now`` has: they are listed, and decide nothing.
    machine : tuple of CaseVerdict
        Of the machine itself, by what its controls measure: ``memory``, ``arithmetic`` …;
        empty where that is not judged.
    warnings : tuple of str
        A sentence each.
    forced : bool
        What can't be compared was compared all the same, since it was asked for.
    rates : Rates or None
        How often this rule is wrong on this machine; None where nobody has measured it.
    sources : tuple of str
        Files that the numbers come from.
    changes : tuple of Change
        Steps over the whole history, the newest first; they decide nothing.
    drifts : tuple of Drift
        Slow changes over it; they decide nothing.
    """

    kind: str
    before: str
    now: str
    cases: tuple[CaseVerdict, ...]
    added: tuple[str, ...] = ()
    machine: tuple[CaseVerdict, ...] = ()
    warnings: tuple[str, ...] = ()
    forced: bool = False
    rates: Rates | None = None
    sources: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    drifts: tuple[Drift, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """Count the cases of a verdict."""
        return sum(one.verdict is verdict for one in self.cases)

    @property
    def outcome(self) -> Outcome:
        """What the verdicts come to.

        A case that is slower and confirmed decides. Without one, a case that is missing
        now, or that nothing can be said of, keeps the whole from passing: a set that was
        renamed, or lost half of its cases, is never called fine.
        """
        told = (*self.cases, *self.machine)
        if all(one.verdict is Verdict.NOT_COMPARABLE for one in self.cases):
            return Outcome.NOTHING
        if any(one.verdict is Verdict.SLOWER and one.confirmed for one in told):
            return Outcome.SLOWER
        if any(one.verdict in UNDECIDED or one.verdict is Verdict.SLOWER for one in told):
            return Outcome.UNCLEAR
        return Outcome.NONE_SLOWER
