"""Prints how good the numbers of a run are, and what disturbed them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from bench.analyze.quality import OVERHEAD_SHARE, quality
from bench.report import units
from bench.report.quality_marks import IMPRECISE, UNTRUSTED
from bench.report.quantities import heading

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from bench.analyze.quality import Quality

#: The worst cases that are listed; the run file holds all.
LISTED = 10
WHY = {
    "budget": "its time was used up",
    "rounds": "it has as many rounds as allowed",
    "protocol": "the published protocol has so few trainings",
    "precise": "each process was precise, they differ",
}


def show(console: Console, table: pd.DataFrame) -> None:
    """Print the section, if the run says anything about its numbers.

    Parameters
    ----------
    console : Console
    table : DataFrame
        From ``bench.analyze.tidy.frame``.
    """
    found = quality(table)
    if found is None or not found.n_cases:
        return
    heading(console, "How good these numbers are")
    _summary(console, found)
    _imprecise(console, found)
    _disturbed(console, found)
    _overhead(console, found)


def percent(share: float) -> str:
    """Write a share as percent, with two digits: ``0.42%``, ``12%``."""
    if not math.isfinite(share):
        return "–"
    value = 100 * share
    return f"{value:.2f}%" if value < 1 else f"{value:.1f}%" if value < 10 else f"{value:.0f}%"


def _summary(console: Console, found: Quality) -> None:
    console.print(
        f"{found.n_precise} of {units.number(found.n_cases, 'median')} known to "
        f"±{100 * found.target:g}% (95% interval, from the rounds)."
    )
    if math.isfinite(found.between):
        console.print(
            f"Between processes they differ by ±{percent(found.between)} (the median case)."
        )
    console.print(
        f"{IMPRECISE} behind a time: not known to ±{100 * found.target:g}%. "
        f"{UNTRUSTED}: most of its rounds were disturbed, do not rely on it."
    )


def _imprecise(console: Console, found: Quality) -> None:
    """List the worst cases."""
    rows = found.imprecise
    if rows.empty:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(f"known least well (of {len(rows)})", overflow="fold")
    for name in ("within", "between", "rounds", "disturbed"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why no more rounds")
    for _, row in rows.head(LISTED).iterrows():
        table.add_row(
            Text(str(row["name"])),
            _width(row["half_width"]),
            _width(row["between_half_width"]),
            f"{row['rounds']:g}",
            f"{row['disturbed_rounds']:g}",
            WHY.get(str(row["stopped"]), str(row["stopped"])),
        )
    console.print()
    console.print(table)


def _width(share: float) -> str:
    return f"±{percent(share)}" if math.isfinite(share) else "–"


def _disturbed(console: Console, found: Quality) -> None:
    """Say how many rounds were disturbed and by what; name the untrusted cases."""
    if not found.n_disturbed:
        return
    console.print()
    reasons = ", ".join(f"{reason} {count}" for reason, count in found.marks.items())
    console.print(
        f"Disturbed: {found.n_disturbed} of {units.number(found.n_rounds, 'round')} "
        f"({reasons}); all of them are kept."
    )
    if not found.untrusted.empty:
        names = list(found.untrusted["name"])
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        console.print(f"Untrusted: {escape(', '.join(names[:LISTED]))}{more}.")


def _overhead(console: Console, found: Quality) -> None:
    """Say where the harness itself shows, and what was timed before it had settled."""
    if not found.overhead.empty:
        worst = found.overhead.iloc[0]
        console.print(
            f"Calling an empty kernel takes more than {percent(OVERHEAD_SHARE)} of what "
            f"{units.number(len(found.overhead), 'case')} took, at most "
            f"{percent(worst['overhead_share'])} ({escape(str(worst['name']))}); "
            f"it is not subtracted."
        )
    if not found.unsettled.empty:
        console.print(
            f"{units.number(len(found.unsettled), 'case')} had not settled when timed."
        )
