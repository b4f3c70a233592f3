"""Which numbers of a run can be relied on, and why not the others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.store import tidy
from bench.store.facts import CASE_COLUMNS
from bench.store.rule import RULE

# Which numbers of a run can be relied on, and why not the others.


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
        From ``bench.store.tidy.frame``.

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
    heavy = told[(told["overhead_share"] > RULE.overhead_share) & (told["case"] != "machine")]
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
    counts: Counter[str] = Counter()
    for marks in told["marks"].dropna():
        counts.update({reason: len(rounds) for reason, rounds in marks.items()})
    return dict(counts.most_common())


def repeated(table: pd.DataFrame) -> int:
    """Count the cases that a run holds again: a table by size has one place for both.

    Parameters
    ----------
    table : DataFrame
        From ``bench.store.tidy.frame``.
    """
    own = table[table["case"].notna()] if "case" in table else table[:0]
    which = [*CASE_COLUMNS[3:], "precision", "density"]
    return int(own.reindex(columns=which).astype(str).duplicated().sum())


# Whether a run can be trusted: a word, and the numbers that it rests on.


@dataclass(frozen=True)
class Trusted:
    """How far a run can be trusted.

    Attributes
    ----------
    n_verified : int
        Cases whose kernel matched the reference just before.
    dirty : bool
        Whether the code was not that of its commit.
    n_repeated : int
        See `repeated`.
    """

    quality: Quality | None
    n_processes: int
    n_failed: int
    n_incidents: int
    n_verified: int
    interrupted: bool
    dirty: bool
    n_repeated: int = 0

    @property
    def level(self) -> str:
        """A word for it.

        ``good``: nothing speaks against it. ``fair``: single processes, less than half of the
        medians known as well as was aimed at, cases that failed, or processes that were lost.
        ``poor``: interrupted, or more than 5% of the cases untrusted or of the rounds
        disturbed. ``unknown``: the file does not tell.
        """
        quality = self.quality
        if quality is None or not quality.n_cases:
            return "unknown"
        untrusted = len(quality.untrusted) / quality.n_cases
        disturbed = quality.n_disturbed / max(quality.n_rounds, 1)
        if self.interrupted or max(untrusted, disturbed) > RULE.max_bad_share:
            return "poor"
        precise = quality.n_precise / quality.n_cases
        alone = self.n_processes < 2 or not math.isfinite(quality.between)
        lost = self.n_failed or self.n_incidents
        return (
            "fair"
            if alone or precise < RULE.min_precise_share or lost or self.dirty
            else "good"
        )


def trusted(document: Mapping[str, Any]) -> Trusted:
    """Judge a run.

    Parameters
    ----------
    document : mapping
        The run file.
    """
    added = document.get("bench") or {}
    table = tidy.frame(document)
    return Trusted(
        quality=quality(table),
        n_processes=int(added.get("processes") or 1),
        n_failed=len(added.get("failed") or ()),
        n_incidents=len(added.get("incidents") or ()),
        n_verified=int(table["verified"].eq(other=True).sum()) if "verified" in table else 0,
        interrupted=added.get("status") == "interrupted",
        dirty=bool((document.get("commit_info") or {}).get("dirty")),
        n_repeated=repeated(table),
    )
