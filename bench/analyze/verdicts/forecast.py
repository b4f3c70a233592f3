"""How many more pairs a case will probably need: for the time left, not for the verdict."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bench.analyze.verdicts.sequential import BETWEEN_LOOKS, CONFIRMING, FIRST_LOOK

if TYPE_CHECKING:
    from bench.analyze.verdicts.sequential import Contest

#: Standard errors between an estimate and the margin when a case is usually decided.
CLEAR = 2.2
#: Of the estimate, in terms of the pairs' deviation over the root of their number.
EFFICIENCY = 1.05


def pairs_left(contest: Contest, most_pairs: int) -> int:
    """Guess how many more pairs a case gets.

    Parameters
    ----------
    contest : Contest
    most_pairs : int
        It gets no more than so many in all.

    Returns
    -------
    int
    """
    if contest.verdict is not None:
        return 0
    n_pairs = contest.n_pairs
    if contest.flagged is not None:
        return max(0, CONFIRMING - (n_pairs - contest.flagged_at))
    if n_pairs < FIRST_LOOK:
        return FIRST_LOOK + BETWEEN_LOOKS - n_pairs
    differences = np.asarray(contest.differences)
    middle = float(np.median(differences))
    spread = 1.4826 * float(np.median(np.abs(differences - middle)))
    distance = abs(math.log1p(contest.margin) - abs(middle))
    needed = (CLEAR * EFFICIENCY * spread / max(distance, 1e-9)) ** 2
    confirming = CONFIRMING if abs(middle) > math.log1p(contest.margin) else 0
    wanted = max(math.ceil(min(needed, most_pairs)) + confirming, n_pairs + BETWEEN_LOOKS)
    return max(0, min(wanted, most_pairs) - n_pairs)
