"""Which runs of a history may go: pure, by when and on which machine they were taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta
    from pathlib import Path


@dataclass(frozen=True)
class Kept:
    """A run of the history.

    Attributes
    ----------
    path : Path
    taken : datetime or None
        UTC; None where its file does not tell.
    node : str
        The machine: each has a history of its own in a folder that several share.
    """

    path: Path
    taken: datetime | None
    node: str


@dataclass(frozen=True)
class Rule:
    """What stays.

    Attributes
    ----------
    last : int or None
        So many of the newest of each machine …
    youngest : timedelta or None
        … or those that are no older than this; one of the two is given.
    every : timedelta or None
        Of what would go, one for each such time stays, of each machine: its first, so that
        what has stayed once stays for good.
    """

    last: int | None = None
    youngest: timedelta | None = None
    every: timedelta | None = None


def going(runs: Iterable[Kept], rule: Rule, now: datetime) -> list[Kept]:
    """Choose the runs that may go.

    Parameters
    ----------
    runs : iterable of Kept
    rule : Rule
    now : datetime
        UTC.

    Returns
    -------
    list of Kept
        The oldest first; a run that does not tell when it was taken always stays.
    """
    by_node: dict[str, list[tuple[datetime, str, Kept]]] = {}
    for run in runs:
        if run.taken is not None:
            by_node.setdefault(run.node, []).append((run.taken, run.path.name, run))
    found = []
    for dated in by_node.values():
        oldest_first = sorted(dated, key=lambda one: one[:2])
        chosen = _old(oldest_first, rule, now)
        found += chosen if rule.every is None else _between(chosen, rule.every)
    return [run for *_, run in sorted(found, key=lambda one: one[:2])]


Dated = tuple["datetime", str, Kept]


def _old(oldest_first: Sequence[Dated], rule: Rule, now: datetime) -> list[Dated]:
    if rule.last is not None:
        return list(oldest_first[: max(len(oldest_first) - rule.last, 0)])
    youngest = rule.youngest
    return [] if youngest is None else [one for one in oldest_first if now - one[0] > youngest]


def _between(oldest_first: Sequence[Dated], every: timedelta) -> list[Dated]:
    """Leave out the first of each stretch of time: stretches are counted from 1970 on."""
    seen = set()
    rest = []
    for one in oldest_first:
        stretch = one[0].timestamp() // every.total_seconds()
        if stretch in seen:
            rest.append(one)
        seen.add(stretch)
    return rest
