"""Compares two stored runs: a verdict for every case of either."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.analyze.comparing.facts import facts_of
from bench.analyze.comparing.pairing import case_keys, paired
from bench.analyze.verdicts import stored
from bench.analyze.verdicts.judgement import Judgement
from bench.analyze.verdicts.verdict import CaseVerdict, Verdict
from bench.judging.reasons import reason, unclear
from bench.judging.refusals import SIDES
from bench.judging.shared_cases import shared_cases
from bench.judging.warned import warned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.analyze.comparing.pairing import Paired
    from bench.analyze.verdicts.margins import Margins
    from bench.analyze.verdicts.stored import Judged
    from bench.judging.shared_cases import Shared
    from bench.judging.stored_run import StoredRun


def compare(
    before: StoredRun, now: StoredRun, margins: Margins, *, force: bool = False
) -> Judgement:
    """Judge a run against an earlier one.

    Parameters
    ----------
    before, now : StoredRun
    margins : Margins
    force : bool
        Compare also what did other work, or was measured on another machine, with other
        versions or settings; the judgement, and each such case, says so.

    Returns
    -------
    Judgement
        Of the kind ``compare``, without rates. A case that ``now`` lacks is not comparable,
        with the reason that its file gives; one that only ``now`` has is in ``added``.
    """
    runs = (before, now)
    told = [facts_of(one.run) for one in runs]
    tables = [one.cases.assign(run=name) for one, name in zip(runs, SIDES, strict=True)]
    pairs = paired(pd.concat(tables, ignore_index=True), [(name, None) for name in SIDES])
    shared = shared_cases(runs, pairs.rows, told, margins)
    verdicts = {one.name: one for one in _verdicts(shared, margins, force=force)}
    verdicts |= {one.name: one for one in _missing(now, pairs, margins)}
    verdicts |= {one.name: one for one in _doubled(pairs, margins)}
    # In the order of the run before; what stands twice there is told once.
    order = {key: place for place, key in enumerate(case_keys(before.cases))}
    ordered = sorted(verdicts.values(), key=lambda one: order.get(one.name, len(order)))
    return Judgement(
        kind="compare",
        before=before.name,
        now=now.name,
        cases=tuple(ordered),
        added=tuple(_only(pairs, 1)["key"].astype(str)),
        warnings=warned(runs, pairs, told, shared, ordered),
        forced=force and any(one.refusal is not None for one in shared),
        sources=(str(before.path), str(now.path)),
    )


def _verdicts(
    shared: Sequence[Shared], margins: Margins, *, force: bool
) -> Iterator[CaseVerdict]:
    """Judge what both runs have; what is not claimed of is none of the many that are tested."""
    allowed = [one for one in shared if one.refusal is None or force]
    tested = [one for one in allowed if not one.untrusted]
    untrusted = [one for one in allowed if one.untrusted]
    for name, refusal in ((one.name, one.refusal) for one in shared):
        if refusal is not None and not force:
            yield _refused(name, refusal.reason, refusal.fact, margins)
    found = _rule(tested)
    for place, one in enumerate(tested):
        yield _tested(one, found, place, len(tested))
    found = _rule(untrusted)
    for place, one in enumerate(untrusted):
        yield _with_ratio(one, found, place, Verdict.UNTRUSTED, one.untrusted)


def _rule(cases: Sequence[Shared]) -> Judged:
    return stored.judge(
        [one.before for one in cases],
        [one.now for one in cases],
        np.array([one.margin for one in cases], dtype=float),
    )


def _tested(one: Shared, found: Judged, place: int, n_tested: int) -> CaseVerdict:
    verdict, confirmed = found.verdict[place], bool(found.confirmed[place])
    if verdict is Verdict.UNCLEAR:
        alone = bool(found.alone[place])
        ratio = float(found.ratio[place])
        why = unclear(one, ratio, alone=alone, n_tested=n_tested)
    else:
        why = reason(verdict, confirmed=confirmed)
    return _with_ratio(one, found, place, verdict, why, confirmed=confirmed)


def _with_ratio(
    one: Shared,
    found: Judged,
    place: int,
    verdict: Verdict,
    why: str,
    *,
    confirmed: bool = False,
) -> CaseVerdict:
    """Put a verdict together; of a forced case it says what was overruled."""
    ratio, low, high = (float(value[place]) for value in (found.ratio, found.low, found.high))
    forced = "" if one.refusal is None else f" Forced: {one.refusal.reason}"
    return CaseVerdict(
        name=one.name,
        verdict=verdict,
        reason=why + forced,
        ratio=ratio if math.isfinite(ratio) else None,
        low=low if math.isfinite(low) else None,
        high=high if math.isfinite(high) else None,
        margin=one.margin,
        n_before=len(one.before),
        n_now=len(one.now),
        confirmed=confirmed,
        fact="" if one.refusal is None else one.refusal.fact,
    )


def _missing(now: StoredRun, pairs: Paired, margins: Margins) -> Iterator[CaseVerdict]:
    """Tell of every case that only the run before has why that is so."""
    lacking = _only(pairs, 0)
    for key, name in zip(lacking["key"], lacking["name"], strict=True):
        why = now.unmeasured.get(str(name))
        if why is None and now.interrupted:
            why = "the run was interrupted before it"
        said = f"It is missing now ({why})." if why else "It is missing now."
        yield _refused(str(key), said, "missing", margins)


def _doubled(pairs: Paired, margins: Margins) -> Iterator[CaseVerdict]:
    for name in pairs.doubled:
        said = "It stands more than once in a run, so which is which can't be told."
        yield _refused(name, said, "name", margins)


def _refused(name: str, why: str, fact: str, margins: Margins) -> CaseVerdict:
    return CaseVerdict(name, Verdict.NOT_COMPARABLE, why, margin=margins.of(name), fact=fact)


def _only(pairs: Paired, side: int) -> pd.DataFrame:
    """Return the cases that a single side has."""
    chosen = np.array([sides == (side,) for sides in pairs.partial["sides"]], dtype=bool)
    only: pd.DataFrame = pairs.partial[chosen]
    return only
