"""Compares two sides from beginning to end: prepares them, measures, judges, stores."""

from __future__ import annotations

import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.compare.paired import Contest, pairs_left
from bench.machine.conditions import Conditions
from bench.machine.rule import RULE as MACHINE
from bench.measure.protocol import Protocol
from bench.plan.request import Request
from bench.plan.tasks import RunAsked
from bench.report.numbers import number as counted
from bench.report.progress import AbProgress, duration
from bench.run import merging
from bench.run.checkout import commit_info
from bench.run.launcher import Interrupts
from bench.run.pairs import Launching, Limits, Measured, Pairs, undecided
from bench.run.rule import RULE
from bench.run.sides import Entry, Prepared, Side, check, entries, prepare
from bench.stats.verdict import CaseVerdict, Judgement, Margins, Verdict
from bench.store import files
from bench.store.files import StoreError, check_writable

# The verdicts of a comparison of pairs, from what was measured.


#: What a case says that only the second side has.
ONLY_NOW = "side A has no such case"


def judged(
    sides: Sequence[Side],
    measured: Sequence[Measured],
    others: Sequence[Entry],
    sources: Sequence[str] = (),
) -> Judgement:
    """Put the verdicts together.

    Parameters
    ----------
    others : sequence of Entry
        The cases that can't be measured.
    sources : sequence of str
        The run files.
    """
    cases = [_verdict(one) for one in measured]
    skipped = [one for one in others if one.tasks == (None, None)]
    missing = [one for one in others if one not in skipped and one.reason != ONLY_NOW]
    cases += [_not_comparable(one.name, one.reason) for one in missing]
    return Judgement(
        kind="ab",
        before=f"A ({sides[0].label})",
        now=f"B ({sides[1].label})",
        cases=tuple(cases),
        added=tuple(one.name for one in others if one.reason == ONLY_NOW),
        warnings=tuple(_skipped(skipped)),
        sources=tuple(sources),
    )


def unbacked(judgement: Judgement, why: str) -> Judgement:
    """Trust no case whose rounds could not be saved: nobody can look at them again.

    Parameters
    ----------
    why : str
        A sentence.
    """
    cases = [
        one
        if one.verdict is Verdict.NOT_COMPARABLE
        else replace(
            one,
            verdict=Verdict.UNTRUSTED,
            confirmed=False,
            reason=f"No file backs it, since {why}",
        )
        for one in judgement.cases
    ]
    return replace(judgement, cases=tuple(cases))


def _skipped(entries: Sequence[Entry]) -> Iterator[str]:
    """Tell what neither side can measure: it is skipped, and decides nothing."""
    for reason, count in Counter(one.reason for one in entries).items():
        cases = "case was" if count == 1 else "cases were"
        yield f"{count} {cases} skipped: {_sentence(reason)}"


def _not_comparable(name: str, reason: str) -> CaseVerdict:
    return CaseVerdict(name, Verdict.NOT_COMPARABLE, _sentence(reason))


def _verdict(one: Measured) -> CaseVerdict:
    """Say what is known of a case."""
    contest = one.contest
    if one.lost or not contest.n_pairs:
        return _not_comparable(one.entry.name, one.lost or "it was not measured")
    verdict, reason = contest.verdict or Verdict.UNCLEAR, ""
    shares = _disturbed(one)
    if verdict in (Verdict.SLOWER, Verdict.FASTER):
        reason = f"beyond the margin in {contest.n_pairs} pairs"
        if max(shares) > RULE.disturbed_share:
            # Sides that take turns are disturbed alike: it costs pairs, and favours neither.
            reason += f"; {_told(shares)} were disturbed"
    elif verdict is Verdict.SAME:
        reason = f"within the margin in {contest.n_pairs} pairs"
    else:
        reason = f"{contest.n_pairs} pairs do not tell"
        if min(shares) > MACHINE.untrusted_share:
            verdict = Verdict.UNTRUSTED
            reason += f": most rounds were disturbed ({_told(shares)})"
    found = contest.estimate
    return CaseVerdict(
        name=one.entry.name,
        verdict=verdict,
        reason=_sentence(reason),
        ratio=found.ratio,
        low=found.low,
        high=found.high,
        margin=contest.margin,
        n_before=contest.n_pairs,
        n_now=contest.n_pairs,
        confirmed=verdict in (Verdict.SLOWER, Verdict.FASTER),
    )


def _sentence(reason: str) -> str:
    return f"{reason[0].upper()}{reason[1:].rstrip('.')}."


def _disturbed(one: Measured) -> tuple[float, float]:
    """Return the share of disturbed rounds of each side: the median over the processes."""
    first, second = (
        statistics.median(
            outcome.answer["facts"]["disturbed_rounds"] / len(outcome.answer["rounds"])
            for outcome in outcomes
            if outcome.answer is not None
        )
        for outcomes in one.outcomes
    )
    return first, second


def _told(shares: Sequence[float]) -> str:
    return f"{shares[0]:.0%} of A's rounds, {shares[1]:.0%} of B's"


# What was measured as run files: one of each side, of the same pairs.


PREPARING = "Getting both sides ready, and asking each which cases it has …"
#: Beside the folder of runs: a comparison's runs are no part of a machine's history.
FOLDER = Path("results") / "ab"


def store_sides(
    folder: Path,
    compared: AbAsked,
    sides: Sequence[Prepared],
    measured: Sequence[Measured],
    *,
    complete: bool,
) -> list[Path]:
    """Write both sides.

    Raises
    ------
    StoreError
        When nothing can be written.
    """
    paths: list[Path] = []
    for number, prepared in enumerate(sides):
        side = prepared.side
        asked = RunAsked(
            preset="ab",
            protocol=compared.protocol,
            tasks=tuple(one.entry.both[number] for one in measured),
            replicates=max((one.contest.n_pairs for one in measured), default=0),
            order_seed=compared.seed,
            setting=side.setting,
            fingerprint=prepared.fingerprint,
            command=tuple(sys.argv[1:]),
            commit=prepared.commit,
            conditions=compared.conditions,
        )
        outcomes = [outcome for one in measured for outcome in one.outcomes[number]]
        document = merging.document(asked, outcomes, complete=complete)
        document["bench"]["ab"] = {
            "side": "AB"[number],
            "label": side.label,
            "other": sides[1 - number].side.label,
            "other_run": str(paths[0].name) if paths else None,
        }
        if side.revision is not None:
            document["commit_info"] = commit_info(prepared.commit)
        paths.append(files.write_run(folder, document, prepared.commit))
    return paths


# Compares two sides from beginning to end: prepares them, measures, judges, stores.


@dataclass(frozen=True)
class AbAsked:
    """What is to be compared, and how.

    Attributes
    ----------
    seed : int
        Of the order of the cases.
    conditions : Conditions or None
        Of each pair; None for as the system does.
    """

    request: Request
    sides: tuple[Side, Side]
    margins: Margins
    protocol: Protocol
    limits: Limits
    seed: int
    conditions: Conditions | None = None


@dataclass(frozen=True)
class Compared:
    """What came of it.

    Attributes
    ----------
    others : list of Entry
        The cases that can't be measured.
    complete : bool
        False when it was interrupted.
    fingerprint : mapping
        Of the second side.
    """

    measured: list[Measured]
    others: list[Entry]
    judgement: Judgement
    complete: bool
    fingerprint: Mapping[str, Any] = field(default_factory=dict)


def compare(asked: AbAsked, folder: Path, console: Console) -> Compared:
    """Compare two sides.

    Parameters
    ----------
    folder : Path
        Where the run files go.
    console : Console
        For progress.

    Raises
    ------
    SelectionError, RegistryError, DataError
        When what was asked for can't be had.
    StoreError
        When the folder can't be written; nothing is measured then. Where the disk fills up
        meanwhile, what was measured is told, and every case is untrusted.
    """
    check(asked.request, asked.sides)
    console.print(PREPARING)
    with ExitStack() as stack:
        sides = prepare(asked.sides, asked.request.kernel_folder, stack, asked.conditions)
        listed = entries(asked.request, sides)
        measured = [
            Measured(one, Contest(asked.margins.of(one.name)))
            for one in listed
            if not one.reason
        ]
        others = [one for one in listed if one.reason]
        if measured:
            check_writable(folder)
        progress = AbProgress(
            console, [one.entry.name for one in measured], [one.contest for one in measured]
        )
        progress.note(_announcement(asked, measured, len(others)))
        interrupts = stack.enter_context(Interrupts(progress.note))
        complete = _measure(asked, measured, sides, progress, interrupts)
        interrupts.save()
        undecided(measured)
        paths: Sequence[Path] = ()
        unsaved = ""
        if any(one.contest.n_pairs for one in measured):
            try:
                paths = store_sides(folder, asked, sides, measured, complete=complete)
            except StoreError as error:
                unsaved = str(error)
    told = judged(asked.sides, measured, others, sources=[str(path) for path in paths])
    told = replace(told, conditions=_conditions(asked))
    if unsaved:
        told = unbacked(told, unsaved)
    return Compared(measured, others, told, complete, sides[1].fingerprint)


def _conditions(asked: AbAsked) -> str:
    """Say under which conditions the verdicts hold."""
    found, pinned = asked.conditions, any(side.setting.cpus for side in asked.sides)
    if found is None:
        cpus = "the CPUs that it was given" if pinned else "any CPU"
        return f"as they are: each process on {cpus}, its memory where the system puts it"
    each = "same one CPU" if found.n_cpus == 1 else f"same {found.n_cpus} CPUs"
    where = f"both processes of a pair on the {each}, but for GPUs' cases"
    if pinned:
        where = "each process on the CPUs that its side was given"
    if found.fixed:
        where += ", in one layout of memory, each pair in another"
    else:
        where += "; addresses by chance, since this system forbids to fix them"
    return f"{where}. What more CPUs would change shows with --conditions as-is"


def _measure(
    asked: AbAsked,
    measured: Sequence[Measured],
    sides: Sequence[Prepared],
    progress: AbProgress,
    interrupts: Interrupts,
) -> bool:
    """Measure all pairs; say whether that came to its end."""
    with progress:
        pairs = Pairs(
            measured=measured,
            sides=[
                Launching(one.launcher.launch, one.side.setting, one.side.slowdown)
                for one in sides
            ],
            protocol=asked.protocol,
            limits=asked.limits,
            stopping=lambda: interrupts.asked,
            tell=lambda name: progress.show(seconds_left(measured, asked.limits), name),
            seed=asked.seed,
            conditions=asked.conditions,
        )
        try:
            return pairs.run()
        except KeyboardInterrupt:
            return False


def _announcement(asked: AbAsked, measured: Sequence[Measured], n_others: int) -> str:
    """Say what is about to run, and how long that can take."""
    groups = len({one.entry.group for one in measured})
    pair = groups * RULE.pair_seconds + len(measured) * RULE.case_seconds
    most = min(asked.limits.pairs * pair, len(measured) * asked.limits.seconds_per_case)
    rest = f" ({n_others} more can't be compared)" if n_others else ""
    first, second = asked.sides
    both = f"A is {first.label}, B is {second.label}"
    if first == second:
        both = "both sides are the same, so what is found is chance"
    cases = counted(len(measured), "case")
    return (
        f"{cases}{rest}: {both}. A pair of fresh processes takes about {duration(pair)}; each "
        f"case gets pairs until it is decided, at most {asked.limits.pairs}: at most about "
        f"{duration(most)}."
    )


def seconds_left(measured: Sequence[Measured], limits: Limits) -> float:
    """Guess how long it still takes, by what the cases took so far."""
    total = 0.0
    for one in measured:
        if one.lost or (limits.early and not one.is_open):
            continue
        n_pairs = one.contest.n_pairs
        each = one.seconds / n_pairs if n_pairs else RULE.case_seconds
        left = pairs_left(one.contest, limits.pairs) if limits.early else limits.pairs - n_pairs
        total += min(left * each, max(0.0, limits.seconds_per_case - one.seconds))
    return total
