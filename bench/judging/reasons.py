"""Why a stored case is judged as it is: one sentence, with what to do where that helps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.analyze.verdicts.verdict import Verdict

if TYPE_CHECKING:
    from bench.judging.shared_cases import Shared

SHARPER = "use python -m bench ab, which measures both in turn"
#: Processes a side: as many as an interval takes; and as many as tell 5% of 100 cases apart
#: where processes differ by 1%.
FEW, MANY = 5, 10


def reason(verdict: Verdict, *, confirmed: bool) -> str:
    """Say why a case is slower, faster or the same.

    Parameters
    ----------
    verdict : Verdict
    confirmed : bool

    Returns
    -------
    str
    """
    if verdict is Verdict.SAME:
        return "Its interval lies within the margin."
    beyond = f"It is {verdict.value} by more than the margin"
    if confirmed:
        return f"{beyond}, in each half of the processes too."
    return f"{beyond}, but not in each half of the processes: measure again, or {SHARPER}."


def unclear(case: Shared, ratio: float, *, alone: bool, n_tested: int) -> str:
    """Say why nothing can be told of a case that was measured.

    Parameters
    ----------
    case : Shared
    ratio : float
        NaN where there is none.
    alone : bool
        Its interval lies beyond the margin.
    n_tested : int
        Cases that were tested with it.

    Returns
    -------
    str
    """
    single = [
        side
        for side, medians in (("before", case.before), ("now", case.now))
        if len(medians) == 1
    ]
    if single:
        where = "Each side holds" if len(single) == 2 else f"The run {single[0]} holds"
        blind = "which can't tell how much processes differ"
        return f"{where} one process, {blind}: {_remedy(case, FEW)}."
    if not math.isfinite(ratio):
        return "A time that is not above zero has no ratio: measure again."
    if alone:
        return (
            f"Beyond the margin on its own, but not as one of {n_tested} cases, some of which "
            f"are so by chance: {_remedy(case, _more(case))}."
        )
    return f"Its interval reaches over the edge of the margin: {_remedy(case, _more(case))}."


def _more(case: Shared) -> int:
    """Return how many processes to ask for next: at least twice as many as there are."""
    return max(MANY, 2 * min(len(case.before), len(case.now)))


def _remedy(case: Shared, processes: int) -> str:
    """Say what to do about it; other suites' files hold one process each."""
    if case.own:
        return f"measure both with python -m bench run --processes {processes}, or {SHARPER}"
    return "store many runs, and judge the newest by their spread with python -m bench track"
