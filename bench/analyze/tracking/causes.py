"""Why a series changed: by which part of the machine, or by the code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bench.analyze.tracking.deciding import Decided
    from bench.analyze.tracking.watched import Watched

#: A part of the machine that moves by less of what a case does is not why the case moves.
SHARE_THAT_MOVES = 0.5


@dataclass(frozen=True)
class Cause:
    """What made a series change.

    Attributes
    ----------
    parts : tuple of int
        Pools of the machine that it leans on, that were flagged like it and moved by a like
        amount, the nearest first.
    code : bool
        Parts that it leans on were measured, and none moved by half of what it did.
    """

    parts: tuple[int, ...]
    code: bool


def causes(found: Decided, watched: Watched) -> list[Cause]:
    """Say of each series whether the machine or the code changed.

    Parameters
    ----------
    found : Decided
    watched : Watched

    Returns
    -------
    list of Cause
    """
    changes, signs = found.pools.change, found.of_pools.sign
    told = []
    for place, change in enumerate(found.series.change):
        by = int(found.lent_by[place])
        if by >= 0 and watched.pools[by].machine:
            told.append(Cause((by,), code=False))
            continue
        leans = np.flatnonzero(watched.leaning[place])
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = changes[leans] / change
        like = (signs[leans] == found.of_series.sign[place]) & (shares >= 0.5) & (shares <= 2)
        order = np.argsort(np.abs(np.where(like, shares - 1, np.inf)))
        parts = tuple(int(leans[one]) for one in order if like[one])
        still = np.isfinite(shares).any() and not np.any(shares >= SHARE_THAT_MOVES)
        told.append(Cause(parts, bool(still)))
    return told
