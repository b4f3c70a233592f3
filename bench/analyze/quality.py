"""Which numbers of a run can be relied on, and why not the others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What the harness may take of a number before it is told.
OVERHEAD_SHARE = 1e-3
PHASES_ROOM = 0.10


@dataclass(frozen=True)
class Quality:
    """How good the numbers of a run are.

    Attributes
    ----------
    n_cases : int
        Those that say how precise they are.
    target : float
        The relative half-width that was aimed at.
    n_precise : int
        Medians that are known so well.
    imprecise : DataFrame
        The others, the worst first: ``name``, ``half_width`` (NaN where there are too few
        rounds), ``between_half_width``, ``rounds``, ``stopped``, ``disturbed_rounds``.
    untrusted : DataFrame
        Cases most of whose rounds were disturbed, with the same columns.
    marks : dict of str to int
        Disturbed rounds by reason, over all cases.
    n_rounds : int
    n_disturbed : int
        Of the rounds.
    between : float
        Median over the cases of the relative half-width between processes; NaN for one.
    overhead : DataFrame
        Cases of which the harness takes more than a thousandth, the largest share first.
    unsettled : DataFrame
        Cases whose times had not settled when they were timed.
    """

    n_cases: int
    target: float
    n_precise: int
    imprecise: pd.DataFrame
    untrusted: pd.DataFrame
    marks: Mapping[str, int]
    n_rounds: int
    n_disturbed: int
    between: float
    overhead: pd.DataFrame
    unsettled: pd.DataFrame


COLUMNS = (
    "name",
    "rounds",
    "half_width",
    "between_half_width",
    "stopped",
    "disturbed_rounds",
    "overhead_share",
)


def quality(table: pd.DataFrame) -> Quality | None:
    """Look at how good the numbers of a run are.

    Parameters
    ----------
    table : DataFrame
        From ``bench.analyze.tidy.frame``.

    Returns
    -------
    Quality or None
        None for a run that does not say.
    """
    if "target_half_width" not in table:
        return None
    told = table[table["target_half_width"].notna()]
    told = told.reindex(columns=[*told, *(name for name in COLUMNS if name not in told)])
    for name in COLUMNS[2:4] + COLUMNS[5:]:
        told[name] = pd.to_numeric(told[name])
    precise = told["half_width"] <= told["target_half_width"]
    worst = told[~precise].sort_values("half_width", ascending=False, na_position="first")
    untrusted = told["untrusted"].eq(other=True)
    # A control may be an empty call itself.
    heavy = told[(told["overhead_share"] > OVERHEAD_SHARE) & (told["case"] != "machine")]
    settled = told["warm_up_settled"].ne(other=False)
    between = told["between_half_width"].dropna()
    return Quality(
        n_cases=len(told),
        target=float(told["target_half_width"].iloc[0]),
        n_precise=int(precise.sum()),
        imprecise=worst,
        untrusted=told[untrusted],
        marks=_by_reason(told),
        n_rounds=int(told["rounds"].sum()),
        n_disturbed=int(told["disturbed_rounds"].sum()),
        between=float(between.median()) if len(between) else math.nan,
        overhead=heavy.sort_values("overhead_share", ascending=False),
        unsettled=told[~settled],
    )


def _by_reason(told: pd.DataFrame) -> dict[str, int]:
    """Count the disturbed rounds of all cases by reason, the most frequent first."""
    counts: dict[str, int] = {}
    for marks in told["marks"].dropna():
        for reason, rounds in marks.items():
            counts[reason] = counts.get(reason, 0) + len(rounds)
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))
