"""What is side by side, and in which facts the runs differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bench.analyze.comparing.comparison import MOST_SIDES
from bench.report import units
from bench.report.markdown.escaping import code, text
from bench.report.markdown.table import folded, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.analyze.comparing.comparison import Comparison, Difference, Side
    from bench.report.markdown.table import Part

COMMIT_DIGITS = 7
#: Values of a fact are shown up to so many characters.
LONG_VALUE = 80


def sides(compared: Sequence[Side]) -> Part:
    """Write the sides.

    Parameters
    ----------
    compared : sequence of Side

    Returns
    -------
    Part
    """
    rows = (
        [
            text(side.label),
            code(side.run),
            "–" if pd.isna(side.taken) else f"{side.taken:%Y-%m-%d %H:%M}",
            code((side.commit or "")[:COMMIT_DIGITS]) + (" with changes" if side.dirty else ""),
            f"{side.processes}",
            f"{side.n_cases}",
        ]
        for side in compared
    )
    columns = ["side", "run", "taken (UTC)", "commit", "processes", "cases"]
    return table(columns, rows, (4, 5), "The first is the baseline")


def differences(found: Comparison) -> Iterator[Part]:
    """Write the facts in which the runs differ; those that touch no ratio are folded.

    Parameters
    ----------
    found : Comparison

    Yields
    ------
    Part
    """
    touching = [one for one in found.differences if one.n_touched]
    others = [one for one in found.differences if not one.n_touched]
    if touching:
        yield _facts(found, touching, "What differs between the runs")
    if others:
        n_facts = units.number(len(others), "fact")
        differ = "differs" if len(others) == 1 else "differ"
        yield from folded(f"{n_facts} {differ} and touch no ratio", _facts(found, others, ""))


def _facts(found: Comparison, listed: Sequence[Difference], title: str) -> Part:
    few = len(found.sides) <= MOST_SIDES
    labels = [text(side.label) for side in found.sides] if few else ["values"]
    n_ratios = int((found.rows["side"] > 0).sum())
    rows = ([code(one.fact), *_told(one, few=few), _role(one, n_ratios)] for one in listed)
    return table(["fact", *labels, "role"], rows, (), title)


def _told(one: Difference, *, few: bool) -> list[str]:
    """Write the value of every side, or how many there are."""
    if few:
        return [text(value, LONG_VALUE) for value in tuple(one.values)]
    return [f"{len(set(one.values))} different ones"]


def _role(one: Difference, n_ratios: int) -> str:
    if not one.n_touched:
        return "touches no ratio"
    if one.expected:
        return "is compared"
    if one.n_touched == n_ratios:
        return "differs too"
    return f"differs too, for {one.n_touched} of {units.number(n_ratios, 'ratio')}"
