"""Reads a run and the earlier runs of its machine, judges it, and confirms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from bench.compare.reading import compare, stored_run
from bench.history.cpus import slower_cpus
from bench.history.long_term import sum_up
from bench.history.pools import CACHE, MEMORY, Watched, material
from bench.history.rule import RULE
from bench.history.series import (
    HISTORY_COLUMNS,
    History,
    SameFacts,
    history,
    other_machine,
    same_facts,
)
from bench.history.verdicts import Judged, Verdicts, counted, judge
from bench.stats.medians import Earlier, Floats, earlier
from bench.stats.verdict import CaseVerdict, Judgement, Margins, Verdict, percent
from bench.store.facts import facts_of
from bench.store.files import StoreError, read_run, unmeasured_of
from bench.store.table import Damaged, read

Remeasure = Callable[[Mapping[str, Any], Collection[str]], Path]

# A run with the earlier runs of its machine, and what was set aside.


@dataclass(frozen=True)
class Chosen:
    """A run with its history.

    Attributes
    ----------
    history : History
        Of its machine, through all its fingerprints.
    facts : SameFacts
        Which of its runs can be compared.
    aside : tuple of str
        What was set aside and why, a sentence each.
    path : Path
        Of the run.
    unmeasured : mapping of str to str
        Why a case was skipped or failed in the run.
    """

    history: History
    facts: SameFacts
    aside: tuple[str, ...]
    path: Path
    folders: tuple[Path, ...]
    unmeasured: Mapping[str, str]


def choose(
    run: Path,
    folders: Sequence[Path],
    *,
    any_node: bool = False,
    most_runs: int = RULE.most_runs,
) -> Chosen:
    """Read a run and the earlier ones of its machine.

    Parameters
    ----------
    run : Path
        Its file.
    folders : sequence of Path
        Where earlier runs are.
    any_node : bool
        Runs of machines of another name are of this one where all else is the same.
    most_runs : int
        The newest of so many.

    Raises
    ------
    StoreError
        When the run can't be read, or a folder is missing.
    """
    loaded = read([run, *folders], columns=())
    today = _today(run, loaded.runs["path"], loaded.damaged)
    table = loaded.runs.reset_index(drop=True)
    foreign, failed = table["status"].isna(), table["n_failed"].fillna(0).gt(0)
    if (table["n_cases"].eq(0) & foreign & ~failed)[today]:
        raise StoreError(f"{run} holds no benchmark.")
    kept, aside = _of_machine(table, today, any_node=any_node)
    aside += [f"{one.path} was set aside: {one.reason}" for one in loaded.damaged]
    runs = pd.concat(
        [kept.sort_values("taken", kind="stable").tail(most_runs), table.iloc[[today]]],
        ignore_index=True,
    )
    cases = read([Path(str(path)) for path in runs["path"]], HISTORY_COLUMNS)
    # Runs may be called otherwise among fewer of them: the table of cases has those names.
    names = dict(zip(cases.runs["path"], cases.runs["run"], strict=True))
    runs = runs.assign(run=[names[path] for path in runs["path"]])
    whole = history(cases.cases, runs)
    facts, unmeasured = same_facts(whole), unmeasured_of(read_run(run))
    return Chosen(whole, facts, tuple(aside), run, tuple(folders), unmeasured)


def _today(run: Path, paths: pd.Series, damaged: Sequence[Damaged]) -> int:
    """Return the place of the run that is judged among all that were read."""
    for one in damaged:
        if one.path == run:
            raise StoreError(f"{run} can't be judged: {one.reason}")
    (place, *_) = np.flatnonzero(paths.to_numpy() == str(run))
    return int(place)


def _of_machine(
    runs: pd.DataFrame, today: int, *, any_node: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Pick the earlier runs of the same machine, and count the others."""
    now = runs.iloc[today]
    own = facts_of(now)
    reasons = [""] * len(runs)
    by_machine: dict[tuple[str, str], str] = {}
    columns = ("taken", "status", "fingerprint", "node")
    values = zip(*(runs[name] for name in columns), strict=True)
    for place, (taken, status, fingerprint, node) in enumerate(values):
        if place == today:
            reasons[place] = "today"
        elif pd.isna(taken):
            reasons[place] = "without a time"
        elif pd.notna(now["taken"]) and taken >= now["taken"]:
            reasons[place] = "later than this one"
        elif str(status) == "interrupted":
            reasons[place] = "interrupted half-way"
        else:
            which = (str(fingerprint), str(node))
            if which not in by_machine:
                other = facts_of(runs.iloc[place])
                by_machine[which] = other_machine(own, other, any_node=any_node)
            if by_machine[which]:
                reasons[place] = "of other machines"
    kept: pd.DataFrame = runs[np.array([not one for one in reasons], dtype=bool)]
    counts = Counter(one for one in reasons if one and one != "today")
    return kept, [
        f"{counted(n)} {why} {'was' if n == 1 else 'were'} left aside."
        for why, n in counts.items()
    ]


# The judgement of a run against its history.


def _judgement(chosen: Chosen, run: Judged, verdicts: Verdicts, *warnings: str) -> Judgement:
    """Put verdicts, steps, drift and warnings together: what was set aside, and others."""
    unseen = _memory_unseen(run.material.watched)
    measured = chosen.history.series[chosen.history.there[-1]]
    warned = (
        *_still_few(len(chosen.history.runs) - 1),
        *chosen.aside,
        *_other_work(chosen.history.n_other_work),
        *unseen,
        *slower_cpus(measured),
        *warnings,
    )
    sources = (str(chosen.path), *(str(one) for one in chosen.folders))
    return replace(sum_up(run, verdicts), warnings=warned, sources=sources)


def _still_few(n_earlier: int) -> list[str]:
    """Say how many runs a history still needs."""
    if n_earlier >= RULE.fewest_earlier:
        return []
    return [
        f"{n_earlier} of {RULE.fewest_earlier} earlier runs that it takes: measure again as "
        f"before, another day, and repeat this command."
    ]


def _memory_unseen(watched: Watched) -> list[str]:
    """Warn where controls there are, and none of memory."""
    parts = {pool.name for pool in watched.pools if pool.machine}
    if CACHE not in parts or MEMORY in parts:
        return []
    return [
        "No control works on more than the processor's cache holds: a slower memory is not "
        "seen."
    ]


def _other_work(n: int) -> list[str]:
    which = _were(n, "earlier measurement")
    return [f"{which} of other work under the same name, and left out."] if n else []


# A run against a pinned one, with intervals as wide as runs of the machine lie apart.


DECIDED = (Verdict.SLOWER, Verdict.FASTER, Verdict.SAME, Verdict.UNCLEAR)


def against_baseline(chosen: Chosen, baseline: Path, margins: Margins) -> Judgement:
    """Judge a run against one.

    Parameters
    ----------
    chosen : Chosen
        The run, with the history that says how far runs lie apart.

    Returns
    -------
    Judgement
        As ``bench.compare.reading`` says, but no interval is narrower than that of two runs
        which differ as the earlier ones do.

    Raises
    ------
    StoreError
        When the baseline can't be read.
    """
    judgement = compare(stored_run(baseline), stored_run(chosen.path), margins)
    logs = material(chosen.history, chosen.facts.comparable, margins).logs
    before = earlier(logs[:-1], RULE.min_std)
    places = {str(key): n for n, key in enumerate(chosen.history.series["key"])}
    cases = tuple(
        _widened(one, before, places[one.name]) if one.name in places else one
        for one in judgement.cases
    )
    warnings = (*judgement.warnings, *_few(before, len(logs)))
    return replace(judgement, kind="track", cases=cases, warnings=warnings)


def _few(before: Earlier, n_runs: int) -> tuple[str, ...]:
    if np.any(before.n >= RULE.fewest_earlier):
        return ()
    return (
        f"There {'is' if n_runs == 2 else 'are'} only {counted(n_runs - 1)} before this one, "
        f"too few to say how far runs lie apart: the intervals are of processes alone, and "
        f"too narrow between runs.",
    )


def _widened(one: CaseVerdict, before: Earlier, place: int) -> CaseVerdict:
    """Widen an interval, and take back what no longer holds."""
    if one.verdict not in DECIDED or one.ratio is None or before.n[place] < RULE.fewest_earlier:
        return one
    t = stdtrit(before.dof[place], 0.5 + RULE.confidence / 2)
    width = float(t * before.std[place] * np.sqrt(2))
    change = float(np.log(one.ratio))
    ends = (change - width, change + width)
    low = min(ends[0], np.log(one.low) if one.low else ends[0])
    high = max(ends[1], np.log(one.high) if one.high else ends[1])
    edge = float(np.log1p(one.margin))
    kept = {
        Verdict.SLOWER: low > edge,
        Verdict.FASTER: high < -edge,
        Verdict.SAME: -edge <= low and high <= edge,
        Verdict.UNCLEAR: True,
    }[one.verdict]
    widened = replace(one, low=float(np.exp(low)), high=float(np.exp(high)))
    if kept:
        return widened
    why = (
        f"By their processes the two runs are {one.verdict.value}; but runs lie "
        f"{percent(float(before.std[place]))} apart (standard deviation, of "
        f"{counted(int(before.n[place]))})."
    )
    return replace(widened, verdict=Verdict.UNCLEAR, reason=why, confirmed=False)


# The judgement of a run, with what was detected measured again where that can be done.


class NotConfirmedError(Exception):
    """Nothing can be measured again; the message is a clause."""


def track(chosen: Chosen, margins: Margins, remeasure: Remeasure | None) -> Judgement:
    """Judge a run.

    Parameters
    ----------
    remeasure : callable or None
        Takes the run's document and the names of cases, and returns the file of a new run;
        raises `NotConfirmedError` where it can't. None leaves it to the runs that there are.
    """
    run = Judged.of(chosen.history, chosen.facts, margins, chosen.unmeasured)
    first = judge(run)
    if not first.detected or remeasure is None:
        return _judgement(chosen, run, first)
    document = read_run(chosen.path)
    paths: list[Path] = []
    fresh: list[Floats] = []
    names = first.detected
    again = first
    while names and len(paths) < RULE.repetitions:
        try:
            paths.append(remeasure(document, {*names, *first.frequency_controls}))
        except NotConfirmedError as error:
            refused = (
                f"{_were(len(names), 'case')} flagged, and can't be measured again here: "
                f"{error}. What two or three of the last runs say, each on its own, counts as "
                f"confirmed."
            )
            return _judgement(chosen, run, first, refused)
        fresh.append(fresh_logs(chosen, paths[-1]))
        again = judge(run, np.array(fresh))
        names = again.repeated
    where = ", ".join(map(str, paths))
    done = f"{_were(len(first.detected), 'case')} flagged, and measured again: {where}."
    return _judgement(chosen, run, again, done)


def _were(n: int, noun: str) -> str:
    return f"{counted(n, noun)} {'was' if n == 1 else 'were'}"


def fresh_logs(chosen: Chosen, path: Path) -> Floats:
    """Read what was measured again.

    Parameters
    ----------
    path : Path
        Of the new run.

    Returns
    -------
    ndarray, shape (n_series,)
        Logarithms of seconds; NaN where a case was not measured, or was disturbed.
    """
    loaded = read([path], HISTORY_COLUMNS)
    known = chosen.history
    fresh = history(loaded.cases, loaded.runs, known.by_medians, known.drift_correction)
    logs = dict(zip(fresh.series["key"].astype(str), fresh.logs[-1], strict=True))
    return np.array(
        [logs.get(key, np.nan) for key in known.series["key"].astype(str)], dtype=float
    )
