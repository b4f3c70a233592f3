"""Compares two sides from beginning to end: prepares them, measures, judges, stores."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.compare.paired import Contest, pairs_left
from bench.measure.protocol import Protocol
from bench.plan.request import Request
from bench.plan.tasks import RunAsked
from bench.report.numbers import number as counted
from bench.report.progress import AbProgress, duration
from bench.run import merging
from bench.run.executor import Interrupts
from bench.run.pair_cases import Entry, check, entries
from bench.run.pair_verdicts import judged, unbacked
from bench.run.pairs import Launching, Limits, Measured, Pairs, undecided
from bench.run.rule import RULE
from bench.run.sides import Prepared, Side, prepare
from bench.stats.verdict import Judgement, Margins
from bench.store import files
from bench.store.files import StoreError, check_writable

# What was measured as run files: one of each side, of the same pairs.


#: Beside the folder of runs: a comparison's runs are no part of a machine's history.
FOLDER = Path("results") / "ab"


def store_sides(
    folder: Path,
    sides: Sequence[Prepared],
    measured: Sequence[Measured],
    protocol: Protocol,
    *,
    seed: int,
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
            protocol=protocol,
            tasks=tuple(one.entry.both[number] for one in measured),
            replicates=max((one.contest.n_pairs for one in measured), default=0),
            order_seed=seed,
            setting=side.setting,
            fingerprint=prepared.fingerprint,
            command=tuple(sys.argv[1:]),
            commit=prepared.commit,
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
            document["commit_info"] |= {"id": prepared.commit, "dirty": False}
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
    """

    request: Request
    sides: tuple[Side, Side]
    margins: Margins
    protocol: Protocol
    limits: Limits
    seed: int


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
    with ExitStack() as stack:
        sides = prepare(asked.sides, asked.request.kernel_folder, stack)
        listed = entries(asked.request, sides)
        measured = [
            Measured(one, Contest(asked.margins.of(one.name)))
            for one in listed
            if not one.reason
        ]
        others = [one for one in listed if one.reason]
        if measured:
            check_writable(folder)
        complete = _measure(asked, measured, len(others), sides, console)
    undecided(measured)
    paths: Sequence[Path] = ()
    unsaved = ""
    if any(one.contest.n_pairs for one in measured):
        try:
            paths = store_sides(
                folder, sides, measured, asked.protocol, seed=asked.seed, complete=complete
            )
        except StoreError as error:
            unsaved = str(error)
    told = judged(asked.sides, measured, others, sources=[str(path) for path in paths])
    if unsaved:
        told = unbacked(told, unsaved)
    return Compared(measured, others, told, complete, sides[1].fingerprint)


def _measure(
    asked: AbAsked,
    measured: Sequence[Measured],
    n_others: int,
    sides: Sequence[Prepared],
    console: Console,
) -> bool:
    """Measure all pairs; say whether that came to its end."""
    progress = AbProgress(
        console, [one.entry.name for one in measured], [one.contest for one in measured]
    )
    progress.note(_announcement(asked, measured, n_others))
    with Interrupts(progress.note) as interrupts, progress:
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
