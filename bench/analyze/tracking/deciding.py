"""Decides, of one run and those before it, what is slower, and what says so too.

What the processor's clock did is taken out first, and judged by itself: of a case that is
slower by no more than the clock, it is the clock that says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.tracking import slower_clock
from bench.analyze.tracking.clock import clock
from bench.analyze.tracking.evidence import evidence, split
from bench.analyze.tracking.flagging import flagged, flags, with_pools
from bench.analyze.tracking.pools import pooled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.analyze.tracking.clock import Clock
    from bench.analyze.tracking.evidence import Evidence
    from bench.analyze.tracking.flagging import Flags
    from bench.analyze.tracking.rule import Rule
    from bench.analyze.tracking.spread import Floats
    from bench.analyze.tracking.watched import Watched


@dataclass(frozen=True)
class Decided:
    """What is said of a run.

    Attributes
    ----------
    series, pools : Evidence
        Without what the clock did, but for the clock itself and what is flagged by it.
    of_series, of_pools : Flags
    lent_by : ndarray of int, shape (n_series,)
        The pool by which a series was flagged; -1 where it was by itself, or not at all.
    by_clock : ndarray, shape (n_series,)
        What was taken out of the last run, a logarithm.
    """

    series: Evidence
    pools: Evidence
    of_series: Flags
    of_pools: Flags
    lent_by: NDArray[np.intp]
    by_clock: Floats


def decide(logs: Floats, watched: Watched, rule: Rule, fresh: Floats | None = None) -> Decided:
    """Decide what a run says.

    Parameters
    ----------
    logs : ndarray, shape (n_runs, n_series)
        Logarithms of seconds, the run in question last; NaN where a run tells nothing. A run
        that tells nothing at all is passed over.
    watched : Watched
    rule : Rule
    fresh : ndarray, shape (n_times, n_series), optional
        What was measured again, in fresh processes, so many times; NaN where it was not.

    Returns
    -------
    Decided
    """
    telling = np.any(np.isfinite(logs), axis=1)
    telling[-1] = True
    logs = logs[telling]
    logs = logs[split(len(logs), rule)[0].start :]
    told = clock(logs, watched.pools, watched.on_processor, rule)
    of_series, of_pools = _weighed(logs, watched, rule, told)
    sign, lent = flagged(of_series, of_pools, watched, rule)
    anew = pools_anew = None
    if fresh is not None:
        anew = told.without(fresh) - of_series.earlier.level
        pools_anew = _pooled(anew, told.moved_in(fresh), told, watched, of_series)
    n = len(lent)
    parts = flags(of_pools, sign[n:], watched.pool_margins, pools_anew, rule)
    if told.place >= 0:
        parts = slower_clock.over_runs(parts, of_pools, told.place, rule)
    cases = flags(of_series, sign[:n], watched.margins, anew, rule)
    cases = with_pools(cases, parts, lent, anew)
    by_clock = told.share * told.moved[-1]
    found = Decided(of_series, of_pools, cases, parts, lent, by_clock)
    return slower_clock.lend(found, watched, told)


def _weighed(
    logs: Floats, watched: Watched, rule: Rule, told: Clock
) -> tuple[Evidence, Evidence]:
    """Weigh series and pools without what the clock did, and the clock."""
    _, last = split(len(logs), rule)
    net = told.without(logs)
    common = told.moved[last][:, None] * told.doubt
    of_series = evidence(net, watched.margins, rule, common)
    deviations = net - of_series.earlier.level
    together = _pooled(deviations, told.moved, told, watched, of_series)
    doubt, usual = np.zeros(len(watched.pools)), np.full(len(watched.pools), np.nan)
    for place, pool in enumerate(watched.pools):
        if place == told.place:
            usual[place] = rule.usual_spread_of_clock
        else:
            doubt[place] = np.median(told.doubt[list(pool.members)])
    common = told.moved[last][:, None] * doubt
    return of_series, evidence(together, watched.pool_margins, rule, common, usual)


def _pooled(
    net: Floats, moved: Floats, told: Clock, watched: Watched, of_series: Evidence
) -> Floats:
    """Make the series of pools; that of the clock is what it did."""
    made = pooled(net, watched.pools, of_series.earlier.spread)
    if told.place >= 0:
        made[:, told.place] = moved
    return made
