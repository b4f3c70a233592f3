"""From what was detected to verdicts, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.history.decision import Decided, decide
from bench.history.evidence import Detection, Evidence
from bench.history.pools import CPU_FREQUENCY, Material, Watched, material
from bench.history.rule import RULE
from bench.history.series import History, SameFacts
from bench.stats.medians import Floats
from bench.stats.verdict import CaseVerdict, Margins, Verdict, percent

# Why a series changed: by which part of the machine, or by the code.


def causes(decided: Decided, watched: Watched) -> list[str]:
    """Say of each series whether the machine or the code changed.

    Returns
    -------
    list of str
        ``machine (memory)``: the part of the machine whose change it shares; or the one that
        it depends on, and that changed like it by the most like amount. ``code``: parts that
        it depends on were measured, and none moved by half of what it did. Empty else, and
        where nothing changed.
    """
    changes, signs = decided.pools.change, decided.of_pools.sign
    found = [""] * len(decided.series.change)
    for place in np.flatnonzero(decided.of_series.sign):
        by = int(decided.detected_by[place])
        if by >= 0 and watched.pools[by].machine:
            found[place] = f"machine ({watched.pools[by].name})"
            continue
        leans = np.flatnonzero(watched.dependence[place])
        shares = changes[leans] / decided.series.change[place]
        large = shares >= RULE.min_share_of_cause
        like = large & (shares <= RULE.max_share_of_cause)
        like &= signs[leans] == decided.of_series.sign[place]
        if like.any():
            nearest = leans[np.argmin(np.where(like, np.abs(shares - 1), np.inf))]
            found[place] = f"machine ({watched.pools[nearest].name})"
        elif np.isfinite(shares).any() and not large.any():
            found[place] = "code"
    return found


# The reason of a verdict: one sentence, with what to do if that helps.


AGAIN = "measure again, or wait for the next run"


def missing(last: pd.Series, now: pd.Series, unmeasured: str = "") -> str:
    """Say of a case that this run lacks why, and when it was last there."""
    if unmeasured:
        return f"It is missing now ({unmeasured.rstrip('.')}); {last['run']} has it."
    when = "" if pd.isna(last["taken"]) else f", {last['taken']:%Y-%m-%d}"
    if str(now.get("status")) == "interrupted":
        return (
            f"It is missing: the run was interrupted. The last with it is {last['run']}{when}."
        )
    presets = [one.get("preset") for one in (last, now)]
    differ = all(isinstance(one, str) for one in presets) and presets[0] != presets[1]
    behind = f" The presets are {presets[0]} and {presets[1]}." if differ else ""
    return f"It is missing now; the last run with it is {last['run']}{when}.{behind}"


def too_few(n_earlier: int, fewest: int) -> str:
    """Say that there are too few earlier runs."""
    if n_earlier >= fewest:
        return (
            "Too few of the earlier runs are older than the last three: wait for the next run."
        )
    verb = "are" if n_earlier > 1 else "is"
    there = "no earlier run" if n_earlier == 0 else f"only {counted(n_earlier)} before"
    return (
        f"There {verb} {there} that it can be judged by; it takes {fewest} to say how far runs "
        f"lie apart."
    )


def moved(one: CaseVerdict, pool: tuple[str, float] | None = None) -> str:
    """Say why a case is slower or faster.

    Parameters
    ----------
    pool : tuple of (str, float), optional
        The kernel whose cases together are, and by how much, as a logarithm.
    """
    word = "slower" if one.verdict is Verdict.SLOWER else "faster"
    last = "This run is" if one.n_now == 1 else f"The last {one.n_now} runs are"
    before = counted(one.n_before)
    sentence = f"{last} {word} by more than the margin and the spread of {before} before"
    if pool is not None:
        name, change = pool
        sentence += f"; the cases of {name} together by {percent(abs(math.expm1(change)))}"
    if one.cause == "code":
        sentence += "; the controls that it leans on did not move"
    elif one.cause:
        sentence += f"; the controls of {one.cause.partition('(')[2].rstrip(')')} moved with it"
    return f"{sentence}." if one.confirmed else f"{sentence}. Nothing confirms it yet: {AGAIN}."


def by_frequency(moved: float) -> str:
    """Say what the CPU frequency changed in a case, where that is worth a sentence.

    Parameters
    ----------
    moved : float
        By how much the case took longer by it, a logarithm.

    Returns
    -------
    str
        With a space before it, or empty.
    """
    share = math.expm1(moved)
    if abs(share) < RULE.min_reported_frequency:
        return ""
    word = "slower" if share > 0 else "faster"
    by = f"{percent(abs(share))} {word}"
    return f" The processor's clock made it {by} besides; that is taken out."


def same(one: CaseVerdict) -> str:
    """Say why a case is the same."""
    last = "this run" if one.n_now == 1 else f"the last {one.n_now} runs"
    before = counted(one.n_before)
    return f"The interval of {last} against {before} before lies within the margin."


def unclear(low: float, high: float, edge: float) -> str:
    """Say why nothing can be said of a case with earlier runs enough."""
    if low > edge or high < -edge:
        return f"It lies beyond the margin, but one of so many cases may by chance: {AGAIN}."
    return (
        "Runs lie too far apart to exclude a change beyond the margin: measure in more "
        "processes, or give a wider margin."
    )


def counted(n: int, noun: str = "run") -> str:
    """Write a number of runs, or of something else."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


# The verdicts of a run.


@dataclass(frozen=True)
class Verdicts:
    """The verdicts of a run.

    Attributes
    ----------
    detected : tuple of str
        Cases, controls among them, that are to be measured again before one believes that
        they, or the part of the machine that they measure, are slower or faster.
    repeated : tuple of str
        Those of them that showed the change each time that they were.
    frequency_controls : tuple of str
        Controls that tell the CPU frequency; without them nothing that is measured again can
        be compared.
    """

    cases: tuple[CaseVerdict, ...]
    machine: tuple[CaseVerdict, ...]
    added: tuple[str, ...]
    detected: tuple[str, ...]
    repeated: tuple[str, ...]
    frequency_controls: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """A history with what is known of its last run.

    Attributes
    ----------
    facts : SameFacts
        Which of its runs can be compared.
    unmeasured : mapping of str to str
        Why the run skipped a case, or failed at it.
    """

    history: History
    facts: SameFacts
    material: Material
    unmeasured: Mapping[str, str]

    @classmethod
    def of(
        cls,
        history: History,
        facts: SameFacts,
        margins: Margins,
        unmeasured: Mapping[str, str],
    ) -> Judged:
        """Prepare a history for the rule."""
        rule_input = material(history, facts.comparable, margins)
        return cls(history, facts, rule_input, unmeasured)

    def key(self, place: int) -> str:
        """Return what a series is called."""
        return str(self.history.series["key"].iloc[place])

    def margin(self, place: int) -> float:
        """Return the margin of a series, as a share."""
        return float(np.expm1(self.material.watched.margins[place]))


def judge(run: Judged, fresh: Floats | None = None) -> Verdicts:
    """Judge the last run of a history.

    Parameters
    ----------
    fresh : ndarray, shape (n_times, n_series), optional
        Logarithms of seconds that were measured again; NaN where they were not.
    """
    watched, there = run.material.watched, run.history.there
    decided = decide(run.material.logs, watched, fresh)
    why = causes(decided, watched)
    last_few = run.material.rows[:-1][-RULE.fewest_earlier :]
    recent, before = np.any(there[last_few], axis=0), np.any(there[:-1], axis=0)
    cases, added = [], []
    for place in range(there.shape[1]):
        if not there[-1, place]:
            cases += [_missing(run, place)] if recent[place] else []
        elif run.key(place) in run.history.other_work:
            cases.append(_other(run, place))
        elif not before[place]:
            added.append(run.key(place))
        elif not watched.controls[place]:
            cases.append(_case(run, place, decided, why[place]))
    both = there[-1] & before
    machine = [
        _part(run, place, decided)
        for place, pool in enumerate(watched.pools)
        if pool.machine and np.any(both[list(pool.members)])
    ]
    of_frequency = [pool.name == CPU_FREQUENCY for pool in watched.pools]
    return Verdicts(
        tuple(cases),
        tuple(machine),
        tuple(added),
        _members(run, decided.of_series.sign != 0, decided.of_pools.sign != 0),
        _members(run, decided.of_series.repeated, decided.of_pools.repeated),
        _members(run, np.zeros_like(watched.controls), np.array(of_frequency, dtype=bool)),
    )


def _missing(run: Judged, place: int) -> CaseVerdict:
    history = run.history
    last = history.runs.iloc[int(np.flatnonzero(history.there[:, place])[-1])]
    unmeasured = run.unmeasured.get(str(history.series["name"].iloc[place]), "")
    why = missing(last, history.runs.iloc[-1], unmeasured)
    return CaseVerdict(
        run.key(place), Verdict.NOT_COMPARABLE, why, margin=run.margin(place), fact="missing"
    )


def _other(run: Judged, place: int) -> CaseVerdict:
    key = run.key(place)
    fact, before, now = run.history.other_work[key]
    why = f"It does other work than in the earlier runs ({fact}: {before} before, {now} now)."
    return CaseVerdict(
        key, Verdict.NOT_COMPARABLE, why, margin=run.margin(place), n_now=1, fact=fact
    )


def _case(run: Judged, place: int, decided: Decided, cause: str) -> CaseVerdict:
    """Judge a case that was measured before and now."""
    key, pools = run.key(place), run.material.watched.pools
    plain = CaseVerdict(
        key, Verdict.UNCLEAR, "", margin=run.margin(place), n_now=1, cause=cause
    )
    if key in run.facts.changed:
        why_not = f"No earlier run has it with the same facts ({run.facts.changed[key]})."
        return replace(plain, reason=why_not, fact="fingerprint")
    if key in run.history.troubles:
        return replace(plain, verdict=Verdict.UNTRUSTED, reason=run.history.troubles[key])
    by = int(decided.detected_by[place])
    of_kernel = by >= 0 and not pools[by].machine
    pool = (pools[by].name, float(decided.pools.change[by])) if of_kernel else None
    if not np.isfinite(decided.series.change[place]):
        return _too_few(run, plain, [place])
    verdict = _verdict(plain, place, decided.series, decided.of_series, pool)
    if by >= 0 and not of_kernel:
        return verdict
    told = by_frequency(decided.by_frequency[place])
    return replace(verdict, reason=verdict.reason + told)


def _part(run: Judged, place: int, decided: Decided) -> CaseVerdict:
    """Judge a part of the machine."""
    pool = run.material.watched.pools[place]
    plain = CaseVerdict(
        f"machine: {pool.name}",
        Verdict.UNCLEAR,
        "",
        margin=float(np.expm1(run.material.watched.pool_margins[place])),
        n_now=1,
    )
    keys = [run.key(member) for member in pool.members]
    if not np.isfinite(run.material.logs[-1, list(pool.members)]).any():
        troubles = [run.history.troubles[key] for key in keys if key in run.history.troubles]
        if troubles:
            return replace(plain, verdict=Verdict.UNTRUSTED, reason=troubles[0])
    if np.isfinite(decided.pools.change[place]):
        verdict = _verdict(plain, place, decided.pools, decided.of_pools)
        if pool.name == CPU_FREQUENCY:
            verdict = _steady(verdict, place, decided.pools)
    else:
        verdict = _too_few(run, plain, list(pool.members))
    together = "" if len(keys) == 1 else " together"
    by = f"By {counted(len(keys), 'control')}{together}."
    return replace(verdict, reason=f"{by} {verdict.reason}")


def _steady(verdict: CaseVerdict, place: int, evidence: Evidence) -> CaseVerdict:
    """Call a frequency that never moved the same: its usual drift matters to changes alone."""
    low, high = (float(end[place]) for end in evidence.interval(RULE.confidence, raw=True))
    edge = float(np.log1p(verdict.margin))
    if verdict.verdict is not Verdict.UNCLEAR or not -edge <= low <= high <= edge:
        return verdict
    verdict = replace(
        verdict, verdict=Verdict.SAME, low=float(np.exp(low)), high=float(np.exp(high))
    )
    return replace(verdict, reason=same(verdict))


def _too_few(run: Judged, plain: CaseVerdict, places: list[int]) -> CaseVerdict:
    """Say how many earlier runs there are; of several series the one with most."""
    n = int(np.max(np.sum(np.isfinite(run.material.logs[:-1, places]), axis=0)))
    return replace(plain, reason=too_few(n, RULE.fewest_earlier), n_before=n)


def _verdict(
    plain: CaseVerdict,
    place: int,
    evidence: Evidence,
    flags: Detection,
    pool: tuple[str, float] | None = None,
) -> CaseVerdict:
    """Judge a series or a pool by its evidence."""
    change = float(evidence.change[place])
    low, high = (float(end[place]) for end in evidence.interval(RULE.confidence))
    edge, sign = float(np.log1p(plain.margin)), int(flags.sign[place])
    verdict = replace(
        plain,
        ratio=float(np.exp(change)),
        low=float(np.exp(low)),
        high=float(np.exp(high)),
        n_before=int(evidence.earlier.n[place]),
        n_now=int(evidence.n_recent[place]),
        confirmed=bool(flags.confirmed[place]),
    )
    if sign:
        verdict = replace(verdict, verdict=Verdict.SLOWER if sign > 0 else Verdict.FASTER)
        return replace(verdict, reason=moved(verdict, pool))
    if -edge <= low and high <= edge:
        verdict = replace(verdict, verdict=Verdict.SAME)
        return replace(verdict, reason=same(verdict))
    return replace(verdict, reason=unclear(low, high, edge))


def _members(
    run: Judged, series: NDArray[np.bool_], pools: NDArray[np.bool_]
) -> tuple[str, ...]:
    """List cases, and those of pools, that the run has."""
    chosen = series.copy()
    for place, pool in enumerate(run.material.watched.pools):
        if pools[place]:
            chosen[list(pool.members)] = True
    return tuple(run.key(int(n)) for n in np.flatnonzero(chosen & run.history.there[-1]))
