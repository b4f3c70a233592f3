"""Reads two stored runs, and compares them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.compare import stored
from bench.compare.comparison import Paired, paired
from bench.compare.ratios import LISTS
from bench.compare.rule import RULE
from bench.compare.stored import SIDES, Judged, Refusal, reason, refusals, single, unclear
from bench.compare.warnings import warned
from bench.stats.verdict import CaseVerdict, Judgement, Margins, Verdict
from bench.store.decoding import is_own
from bench.store.facts import case_keys, facts_of
from bench.store.files import StoreError, read_run, unmeasured_of
from bench.store.schema import CONDITIONS
from bench.store.table import newest_run, read

# A stored run with its cases, and why it lacks others.


#: What a comparison needs of a case: which it is, what work it did, and its times.
COLUMNS = (
    *("name", "fullname", "case", "workload", "kernel", "backend", "device", "loader"),
    *("batch_size", "n_samples", "n_features", "n_parameters", "n_tensors", "n_bytes"),
    *("control", "precision", "momentum", "density", "sampling", "schedule", "seed"),
    *("learning_rate", "epochs", "tolerance", "loss"),
    *("seconds", "seconds_low", "seconds_high", "process_seconds", "untrusted", "q1", "q3"),
    *("process_fifth_percentiles", "process_layouts"),
)


#: Fewer have no variance.
FEWEST_PAIRS = 2


@dataclass(frozen=True)
class StoredRun:
    """A run that was read.

    Attributes
    ----------
    cases : DataFrame
        A row for each case: `COLUMNS`, ``run`` and ``taken``.
    run : Series
        The row of the run, as ``bench.store.schema.RUNS`` says.
    unmeasured : mapping of str to str
        Why a case was skipped or failed, by its id.
    """

    path: Path
    cases: pd.DataFrame
    run: pd.Series
    unmeasured: Mapping[str, str]

    @property
    def name(self) -> str:
        """What it is called: the stem of its file."""
        return str(self.run["run"])

    @property
    def interrupted(self) -> bool:
        """Whether it holds only what was finished."""
        return str(self.run["status"]) == "interrupted"


def stored_run(path: Path) -> StoredRun:
    """Read a run.

    Parameters
    ----------
    path : Path
        A file; or a folder, which stands for its newest run.

    Raises
    ------
    StoreError
        When it is missing, damaged or no run, or holds nothing; or the folder holds none.
    """
    file = newest_run(path)
    document = read_run(file)
    loaded = read([file], columns=COLUMNS)
    if loaded.damaged:
        raise StoreError(f"{file} is damaged: {loaded.damaged[0].reason}")
    unmeasured = unmeasured_of(document)
    if loaded.cases.empty and not (unmeasured or is_own(document)):
        raise StoreError(f"{file} holds no benchmark.")
    return StoredRun(file, loaded.cases, loaded.runs.iloc[0], unmeasured)


# Cases that two runs share: the times of both, and what forbids a claim.


@dataclass(frozen=True)
class Shared:
    """A case that both runs have.

    Attributes
    ----------
    before, now : tuple of float
        The time of every process, in seconds.
    in_pairs : bool
        Those at one place had the same conditions.
    own : bool
        It is of this suite, which can measure it again.
    control : str
        What of the machine it measures; empty for a case that runs a kernel.
    refusal : Refusal or None
        Why it can't be compared.
    untrusted : str
        Why no claim is made of it; else empty.
    far_apart : bool
        More than processes differ by, beside which rounds hardly differ.
    """

    name: str
    before: tuple[float, ...]
    now: tuple[float, ...]
    in_pairs: bool
    margin: float
    own: bool
    control: str
    refusal: Refusal | None
    untrusted: str
    far_apart: bool = False


def shared_cases(
    runs: tuple[StoredRun, StoredRun],
    rows: pd.DataFrame,
    side_facts: Sequence[Mapping[str, str]],
    margins: Margins,
) -> list[Shared]:
    """Take together what the two runs hold of each case.

    Parameters
    ----------
    runs : tuple of StoredRun
        Before and now.
    rows : DataFrame
        The cases that both have, from ``bench.compare.comparison.paired``.
    side_facts : sequence of mapping, length 2
        The facts of each run.

    Returns
    -------
    list of Shared
        In the order of the run before.
    """
    refused = refusals(rows, side_facts)
    conditions = [facts.get(CONDITIONS) for facts in side_facts]
    controlled = conditions[0] is not None and conditions[0] == conditions[1]
    sides = [rows[rows["side"] == side].set_index("key").to_dict("index") for side in (0, 1)]
    return [
        Shared(
            str(key),
            *process_times(before, sides[1][key], in_pairs=controlled),
            margin=margins.of(str(key)),
            own=isinstance(before["case"], str),
            control=before["control"] if isinstance(before["control"], str) else "",
            refusal=refused.get(str(key)),
            untrusted=_untrusted(runs, (before, sides[1][key])),
            far_apart=_far_apart(before, sides[1][key]),
        )
        for key, before in sides[0].items()
    ]


def process_times(
    before: Mapping[Any, Any], now: Mapping[Any, Any], *, in_pairs: bool
) -> tuple[tuple[float, ...], tuple[float, ...], bool]:
    """Return the times of the processes of both, and whether they stand in pairs.

    They are fifth percentiles, as of `ab` and `track`; or medians where a run holds nothing
    else, of single processes, or the median of all rounds.
    """
    for column in ("process_fifth_percentiles", "process_seconds"):
        times = [_listed(row, column) for row in (before, now)]
        if all(times):
            break
    else:
        return (float(before["seconds"]),), (float(now["seconds"]),), False
    layouts = [_listed(row, "process_layouts") for row in (before, now)]
    by_layout = [dict(zip(*side, strict=False)) for side in zip(layouts, times, strict=True)]
    both = [layout for layout in by_layout[0] if layout in by_layout[1]]
    if not in_pairs or len(both) < FEWEST_PAIRS:
        return times[0], times[1], False
    first, second = (tuple(side[layout] for layout in both) for side in by_layout)
    return first, second, True


def _listed(row: Mapping[Any, Any], column: str) -> tuple[float, ...]:
    values = row[column]
    return tuple(map(float, values)) if isinstance(values, LISTS) else ()


def _far_apart(before: Mapping[Any, Any], now: Mapping[Any, Any]) -> bool:
    """Say whether times differ so much, and the middle halves of the rounds overlap not."""
    quick, slow = sorted((before, now), key=lambda one: one["seconds"])
    times = RULE.most_processes_differ
    return bool(slow["seconds"] > times * quick["seconds"] > 0 and slow["q1"] > quick["q3"])


def _untrusted(
    runs: tuple[StoredRun, StoredRun], rows: tuple[Mapping[Any, Any], Mapping[Any, Any]]
) -> str:
    """Say why no claim is made of a case."""
    cut_short = [one.name for one in runs if one.interrupted]
    if cut_short:
        names = " and ".join(dict.fromkeys(cut_short))
        return (
            f"{names} was interrupted, so it holds what was finished, perhaps of fewer "
            f"processes: finish it with python -m bench run --resume, or measure again."
        )
    sides = zip(("before", "now"), rows, strict=True)
    disturbed = [name for name, row in sides if row["untrusted"] is True]
    if disturbed:
        return (
            f"Most of its rounds {' and '.join(disturbed)} were disturbed: measure it again on "
            f"a quiet machine."
        )
    return ""


# The comparison of two stored runs: a verdict for every case of either.


def compare(
    before: StoredRun, now: StoredRun, margins: Margins, *, force: bool = False
) -> Judgement:
    """Judge a run against an earlier one.

    Parameters
    ----------
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
    side_facts = [facts_of(one.run) for one in runs]
    tables = [one.cases.assign(run=name) for one, name in zip(runs, SIDES, strict=True)]
    pairs = paired(pd.concat(tables, ignore_index=True), [(name, None) for name in SIDES])
    shared = shared_cases(runs, pairs.rows, side_facts, margins)
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
        warnings=warned(runs, pairs, side_facts, shared, ordered),
        forced=force and any(one.refusal is not None for one in shared),
        sources=(str(before.path), str(now.path)),
    )


def _verdicts(
    shared: Sequence[Shared], margins: Margins, *, force: bool
) -> Iterator[CaseVerdict]:
    """Judge what both runs have; what is not claimed of is none of the many that are tested."""
    tested: list[Shared] = []
    untrusted: list[Shared] = []
    for one in shared:
        if one.refusal is not None and not force:
            yield _refused(one.name, one.refusal.reason, one.refusal.fact, margins)
        else:
            (untrusted if one.untrusted else tested).append(one)
    for cases in (tested, untrusted):
        found = stored.judge(
            [one.before for one in cases],
            [one.now for one in cases],
            np.array([one.margin for one in cases], dtype=float),
            [one.in_pairs for one in cases],
        )
        for place, one in enumerate(cases):
            yield _judged(one, found, place, len(cases))


def _judged(one: Shared, found: Judged, place: int, n_tested: int) -> CaseVerdict:
    """Put a verdict together; of a forced case it says what was overruled."""
    verdict, confirmed = found.verdict[place], bool(found.confirmed[place])
    ratio, low, high = (float(value[place]) for value in (found.ratio, found.low, found.high))
    if one.untrusted:
        verdict, confirmed, why = Verdict.UNTRUSTED, False, one.untrusted
    elif one.far_apart and 1 in (len(one.before), len(one.now)):
        verdict, confirmed = Verdict.SLOWER if ratio > 1 else Verdict.FASTER, False
        why = single(one)
    elif verdict is Verdict.UNCLEAR:
        why = unclear(one, ratio, alone=bool(found.alone[place]), n_tested=n_tested)
    else:
        why = reason(verdict, confirmed=confirmed)
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
        why = now.unmeasured.get(str(name)) or now.unmeasured.get(str(key))
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
