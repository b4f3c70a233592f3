"""What the newest run of each machine comes to against its history, as ``track`` says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.analyze.verdicts.verdict import Verdict
from bench.report.page.blocks import Cell, Column, Facts, Prose, Table
from bench.report.units import number
from bench.report.verdicts import wording
from bench.report.verdicts.order import ordered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.analyze.histories.whole import WholeHistory
    from bench.analyze.verdicts.judgement import Judgement
    from bench.analyze.verdicts.verdict import CaseVerdict
    from bench.report.page.blocks import Block

#: Of more machines those that were measured last are judged here.
MOST_MACHINES = 6
CHANGED = (Verdict.SLOWER, Verdict.FASTER)
BEHIND = (
    "By the rule of python -m bench track: the newest run against earlier ones of the same "
    "machine with the same facts, by how far these lie apart. Nothing is measured again for a "
    "page: what is slower or faster is confirmed where enough of the last runs say so, each on "
    "its own; track measures again what it flags."
)


def answers(histories: Sequence[WholeHistory]) -> Iterator[Block]:
    """Say what the newest run of each machine comes to.

    Parameters
    ----------
    histories : sequence of WholeHistory
        A machine each, the one that was measured last first.

    Yields
    ------
    block
    """
    for place, one in enumerate(histories[:MOST_MACHINES]):
        yield from _answer(one, place, several=len(histories) > 1)
    left = len(histories) - MOST_MACHINES
    if left > 0:
        yield Prose(
            f"{number(left, 'machine')} that were measured before these are not judged here: "
            f"python -m bench track RUN judges any run.",
            "note",
        )
    if histories:
        yield Prose(BEHIND, "note")


def _answer(one: WholeHistory, place: int, *, several: bool) -> Iterator[Block]:
    judgement = one.judgement
    # Those who jump from table to table have to tell them apart.
    behind = f": {one.machine.name}" if several else ""
    if several:
        yield Facts((), one.machine.name)
    yield Prose(wording.outcome(judgement))
    taken = f"{one.newest['taken']:%Y-%m-%d %H:%M} UTC"
    told = [f"The newest run, {judgement.now} of {taken}, against {judgement.before}."]
    told += _left_out(one)
    if judgement.added:
        told.append(f"{number(len(judgement.added), 'case')} new, so not compared.")
    yield Prose(" ".join(told))
    changed = ordered(case for case in judgement.cases if case.verdict in CHANGED)
    if changed:
        caption = f"Slower or faster than the earlier runs{behind}"
        yield _table(f"changed-{place}", caption, judgement, changed)
    if judgement.machine:
        caption = f"The machine, by its controls{behind}"
        yield _table(f"machine-{place}", caption, judgement, ordered(judgement.machine))
    yield from (Prose(text, "warning") for text in judgement.warnings)
    if judgement.cases:
        yield Prose(wording.rates_of(judgement.rates), "note")


def _left_out(one: WholeHistory) -> Iterator[str]:
    """Say what the newest run was not judged by."""
    if one.n_interrupted:
        yield f"{number(one.n_interrupted, 'run was', 'runs were')} interrupted, and left out."
    if one.n_other_work:
        measured = number(one.n_other_work, "measurement was", "measurements were")
        yield f"{measured} of other work under the same name, and left out."


def _table(
    name: str, caption: str, judgement: Judgement, cases: Sequence[CaseVerdict]
) -> Table:
    counted = f"{wording.unit(judgement)} before / now"
    head = (
        Column("what"),
        Column("verdict", filtered=True),
        Column("ratio (95%)", number=True),
        Column("margin", number=True),
        Column(counted),
        Column("cause", filtered=True),
        Column("why"),
    )
    rows = tuple(
        (
            Cell(one.name),
            Cell(wording.verdict_of(one)),
            Cell(wording.ratio_of(one), one.ratio),
            Cell(wording.percent(one.margin), one.margin),
            Cell(wording.n_of(one)),
            Cell(one.cause or "–"),
            Cell(one.reason),
        )
        for one in cases
    )
    return Table(name, caption, head, rows, sortable=True)
