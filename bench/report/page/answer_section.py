"""The answer, before everything else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bench.report.headline import QUANTITIES, TEXTBOOK, time
from bench.report.page.blocks import Answer, Bar, Prose, Section
from bench.report.ratio_text import quotient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.analyze.contenders import Contender, Contest
    from bench.report.headline import Headline
    from bench.report.page.material import Material

#: So many of the fastest are drawn, with the textbook's loop.
DRAWN = 5
#: The scale begins so far below the fastest, as a share of all decades.
MARGIN = 0.08


def answer_section(material: Material) -> Section:
    """Say which way of training is fastest, and which batch size is best.

    Parameters
    ----------
    material : Material

    Returns
    -------
    Section
    """
    if not material.headlines:
        nothing = Prose("This run holds no epochs of a training, so it does not tell.")
        return Section("answer", "The answer", (nothing,))
    blocks: list[Answer | Prose] = [_answer(one) for one in material.headlines]
    if material.not_found:
        blocks.append(Prose(material.not_found, "note"))
    return Section("answer", "The answer", blocks)


def _answer(one: Headline) -> Answer:
    contest = one.contest
    return Answer(
        where=f"{contest.workload} on {contest.device}",
        sentences=(one.fastest, one.batch_size),
        sureness=one.sureness,
        level=one.level,
        scale=f"The fastest, by {QUANTITIES[contest.quantity]}; lines show 95% intervals, "
        f"and the scale is logarithmic.",
        bars=tuple(_bars(contest)),
    )


def _bars(contest: Contest) -> Iterator[Bar]:
    """Yield the fastest and the textbook's loop, on one logarithmic scale."""
    drawn = list(contest.contenders[:DRAWN])
    drawn += [one for one in contest.contenders[DRAWN:] if one.kernel == TEXTBOOK]
    if len(drawn) < 2:
        return
    lowest, highest = (math.log(drawn[place].seconds) for place in (0, -1))
    room = (highest - lowest) or 1.0
    start, width = lowest - MARGIN * room, (1 + 2 * MARGIN) * room

    def place(seconds: float, otherwise: float) -> float:
        known = seconds if math.isfinite(seconds) and seconds > 0 else otherwise
        return min(max(100 * (math.log(known) - start) / width, 0.0), 100.0)

    tied = {one.kernel for one in contest.rivals} | {contest.winner.kernel}
    for one in drawn:
        yield Bar(
            name=one.kernel,
            text=time(one),
            note=_note(one, contest.winner),
            at=place(one.seconds, one.seconds),
            low=place(one.low, one.seconds),
            high=place(one.high, one.seconds),
            best=one.kernel in tied,
        )


def _note(one: Contender, first: Contender) -> str:
    """Write the interval, the batch size, and how much longer it takes than the fastest."""
    width = (one.high - one.low) / 2
    share = f"±{100 * width / one.seconds:.2g}%, " if math.isfinite(width) else ""
    longer = "" if one is first else f", {quotient(one.known, first.known)}"
    return f"{share}B={one.batch_size}{longer}"
