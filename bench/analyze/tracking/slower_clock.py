"""Cases of which no more is to be said than that the processor's clock is slower, or faster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.tracking.flagging import Flags, is_rare

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.analyze.tracking.clock import Clock
    from bench.analyze.tracking.deciding import Decided
    from bench.analyze.tracking.evidence import Evidence
    from bench.analyze.tracking.rule import Rule
    from bench.analyze.tracking.watched import Watched


def over_runs(parts: Flags, found: Evidence, place: int, rule: Rule) -> Flags:
    """Have runs alone confirm a clock: what is measured minutes later goes with it.

    Parameters
    ----------
    parts : Flags
        Of pools.
    found : Evidence
        Of them.
    place : int
        Of the clock.
    rule : Rule

    Returns
    -------
    Flags
    """
    sure = parts.confirmed.copy()
    sure[place] &= is_rare(found, 0, rule)[place]
    return replace(parts, confirmed=sure)


def lend(found: Decided, watched: Watched, told: Clock) -> Decided:
    """Have cases that went with a clock that is slower, or faster, say what it does.

    Parameters
    ----------
    found : Decided
        Of which cases are judged without what the clock did.
    watched : Watched
    told : Clock

    Returns
    -------
    Decided
        Of these cases the change is as measured, and flagged by the clock; of all others as
        before, as of all where the clock is not flagged.
    """
    clock = told.place
    if clock < 0 or not found.of_pools.sign[clock]:
        return found
    moves = _went_along(found, watched, told) & (found.of_series.sign == 0)
    pools, cases = found.of_pools, found.of_series
    flags = Flags(
        np.where(moves, pools.sign[clock], cases.sign).astype(np.int8),
        np.where(moves, pools.said_again[clock], cases.said_again),
        np.where(moves, pools.confirmed[clock], cases.confirmed),
    )
    return replace(
        found,
        series=_as_measured(found, moves, told),
        of_series=flags,
        lent_by=np.where(moves, clock, found.lent_by),
    )


def _went_along(found: Decided, watched: Watched, told: Clock) -> NDArray[np.bool_]:
    """Say which cases, as measured, changed to where the clock did."""
    as_measured = found.series.change + told.share * found.pools.change[told.place]
    with np.errstate(invalid="ignore"):
        along = found.of_pools.sign[told.place] * as_measured > watched.margins
    went: NDArray[np.bool_] = along & (told.share > 0) & ~watched.controls
    return went


def _as_measured(found: Decided, which: NDArray[np.bool_], told: Clock) -> Evidence:
    """Put back what the clock did."""
    series, pools, clock = found.series, found.pools, told.place
    change = series.change + told.share * pools.change[clock]
    error = np.hypot(series.error, told.share * pools.error[clock])
    return replace(
        series,
        n_recent=np.where(which, pools.n_recent[clock], series.n_recent),
        change=np.where(which, change, series.change),
        error=np.where(which, error, series.error),
    )
