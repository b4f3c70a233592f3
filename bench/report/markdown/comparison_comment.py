"""Runs side by side as a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.analyze.comparing.comparison import MOST_SIDES
from bench.report import units
from bench.report.comparing_text import AXES, outcome
from bench.report.markdown import ratio_tables, side_tables
from bench.report.markdown.escaping import code, text
from bench.report.markdown.step_table import steps
from bench.report.markdown.table import fitted, folded, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.analyze.comparing.comparison import Comparison
    from bench.loading.loaded import Loaded
    from bench.report.markdown.table import Part

RATIO = (
    "A ratio is the time of a side over that of the baseline, with its 95% interval: above 1 "
    "is slower."
)
#: Sentences are shown up to so many characters.
LONG = 1000


def several(found: Comparison, loaded: Loaded) -> str:
    """Write a comparison as Markdown for GitHub.

    Parameters
    ----------
    found : Comparison
    loaded : Loaded
        The runs that were compared.

    Returns
    -------
    str
        At most as long as GitHub takes. Beyond ``MOST_SIDES`` sides each case over time
        stands instead of ratios.
    """
    parts = [paragraph(f"### {AXES[found.axis].capitalize()} side by side"), *_warned(found)]
    few = len(found.sides) <= MOST_SIDES
    if few:
        numbers = range(1, len(found.sides))
        parts += [paragraph(text(outcome(found, number), LONG)) for number in numbers]
        parts += [side_tables.sides(found.sides), *side_tables.differences(found)]
        parts += [*ratio_tables.groups(found), *ratio_tables.largest(found), *_partial(found)]
        parts += folded("All ratios", paragraph(RATIO), ratio_tables.every(found))
    else:
        parts += [steps(loaded), *side_tables.differences(found)]
        parts += folded("All runs", side_tables.sides(found.sides))
    runs = dict.fromkeys(side.run for side in found.sides)
    names = " ".join(runs) if few else "RUN …"
    where = f"{code(f'python -m bench report {names} --format csv', LONG)} has them all"
    return fitted(parts, where)


def _warned(found: Comparison) -> Iterator[Part]:
    """Write the warnings in the frame that GitHub draws around them."""
    if found.warnings:
        lines = [f"> - {text(one, LONG)}" for one in found.warnings]
        yield paragraph("> [!WARNING]", *lines)


def _partial(found: Comparison) -> Iterator[Part]:
    """Count the cases that some side lacks, by who has them."""
    if found.partial.empty:
        return
    n_cases = units.number(len(found.partial), "case")
    by_sides = found.partial["sides"].value_counts()
    told = [
        f"{count} on {' and '.join(found.sides[side].label for side in sides)} alone"
        for sides, count in by_sides.head(MOST_SIDES).items()
    ]
    said = f"{n_cases} can't be compared on all sides: {'; '.join(told)}."
    yield paragraph(text(said, LONG))
