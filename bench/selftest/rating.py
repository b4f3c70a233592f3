"""Tries a rule again and again on samples of identical code, and counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.selftest.rule import RULE
from bench.selftest.tried_rules import OTHERS, Ab, Compare, Pool, Rule, Said
from bench.stats.verdict import Rates, Share

#: What is tried, in the order in which it is shown.
RULES: tuple[Rule, ...] = (Ab(), Compare(), *OTHERS)


@dataclass(frozen=True)
class Rated:
    """A rule on one case.

    Attributes
    ----------
    said : mapping of float to tuple of Said
        What it said in each comparison, by the injected slowdown; 0 is identical code.
    """

    rule: Rule
    case: str
    said: Mapping[float, tuple[Said, ...]]


def rate(rule: Rule, case: str, pool: Pool) -> Rated:
    """Try a rule on a case, identical and slowed down.

    A slowdown is injected by making every time of the second side longer by it, so that all
    rules, at all slowdowns, see the same samples.
    """
    slowdowns = (0.0, *RULE.slowdowns)
    tried = {slowdown: tuple(_tries(rule, pool, slowdown)) for slowdown in slowdowns}
    return Rated(rule, case, tried)


def _tries(rule: Rule, pool: Pool, slowdown: float) -> Iterator[Said]:
    """Compare one time after the other; no comparison uses what another has used."""
    begin = 0
    while (said := rule.say(pool[begin:], slowdown)) is not None:
        yield said
        begin += said.used


def together(rated: list[Rated], measured: str, path: str) -> Rates:
    """Sum what a rule said up over cases.

    Parameters
    ----------
    rated : list of Rated
        Of one rule; at least one.
    measured : str
        When, UTC.
    path : str
        The file of the samples.
    """
    identical = [said for one in rated for said in one.said[0.0]]
    return Rates(
        rule=rated[0].rule.name,
        measured=measured,
        path=path,
        false_slower=Share(sum(said.slower for said in identical), len(identical)),
        same=Share(sum(said.same for said in identical), len(identical)),
        found=tuple((slowdown, _found(rated, slowdown)) for slowdown in RULE.slowdowns),
    )


def _found(rated: list[Rated], slowdown: float) -> Share:
    said = [one for each in rated for one in each.said[slowdown]]
    return Share(sum(one.slower for one in said), len(said))
