"""Compares two sides from beginning to end: prepares them, measures, judges, stores."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.ab.entries import check, entries
from bench.ab.judging import judged, unbacked
from bench.ab.pairs import Launching, Limits, Measured, Pairs, undecided
from bench.ab.prepared import prepare
from bench.ab.storing import store_sides
from bench.analyze.verdicts.forecast import pairs_left
from bench.analyze.verdicts.sequential import Contest
from bench.processes.interrupts import Interrupts
from bench.report.ab_progress import AbProgress
from bench.report.announce import duration
from bench.report.units import number as counted
from bench.store import StoreError, check_writable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from bench.ab.entries import Entry
    from bench.ab.prepared import Prepared
    from bench.ab.side import Side
    from bench.analyze.verdicts.judgement import Judgement
    from bench.analyze.verdicts.margins import Margins
    from bench.measure.protocol import Protocol
    from bench.selection.options import Given

#: What a pair takes before any was measured: two interpreters, two libraries, one case.
PAIR_SECONDS, CASE_SECONDS = 1.5, 0.7


@dataclass(frozen=True)
class AbAsked:
    """What is to be compared, and how.

    Attributes
    ----------
    given : Given
        The options that choose cases.
    modules : tuple of str
    sides : tuple of two Side
    margins : Margins
    protocol : Protocol
    limits : Limits
    seed : int
        Of the order of the cases.
    """

    given: Given
    modules: tuple[str, ...]
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
    measured : list of Measured
    others : list of Entry
        The cases that can't be measured.
    judgement : Judgement
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
    asked : AbAsked
    folder : Path
        Where the run files go.
    console : Console
        For progress.

    Returns
    -------
    Compared

    Raises
    ------
    SelectionError, RegistryError, DataError
        When what was asked for can't be had.
    StoreError
        When the folder can't be written; nothing is measured then. Where the disk fills up
        meanwhile, what was measured is told, and every case is untrusted.
    """
    check(asked.given, asked.sides, asked.modules)
    with ExitStack() as stack:
        sides = prepare(asked.sides, asked.given.kernel_folders, stack)
        listed = entries(asked.given, sides, asked.modules)
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
    pair = groups * PAIR_SECONDS + len(measured) * CASE_SECONDS
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
    """Guess how long it still takes, by what the cases took so far.

    Parameters
    ----------
    measured : sequence of Measured
    limits : Limits

    Returns
    -------
    float
    """
    total = 0.0
    for one in measured:
        if one.lost or (limits.early and not one.is_open):
            continue
        n_pairs = one.contest.n_pairs
        each = one.seconds / n_pairs if n_pairs else CASE_SECONDS
        left = pairs_left(one.contest, limits.pairs) if limits.early else limits.pairs - n_pairs
        total += min(left * each, max(0.0, limits.seconds_per_case - one.seconds))
    return total
