"""Verdicts for a person at a terminal: what is slower, what is unclear, the rest counted."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from bench.compare.verdict import Outcome, Verdict
from bench.report import numbers
from bench.report.markdown.table import plain
from bench.report.verdicts import wording
from bench.report.verdicts.wording import ORDER, ordered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from bench.compare.verdict import CaseVerdict, Judgement

#: More of a kind are counted, unless all are asked for.
MOST = 20
#: Lines are cut beyond so many characters.
LONG = 100_000
#: Names of cases that share a reason.
MOST_NAMED = 3
#: Verdicts whose cases are always listed; what else there is is counted.
LISTED = ORDER[: ORDER.index(Verdict.FASTER)]
STYLES = {
    Outcome.NONE_SLOWER: "bold green",
    Outcome.SLOWER: "bold red",
    Outcome.UNCLEAR: "bold yellow",
    Outcome.NOTHING: "bold yellow",
}
HEADINGS = {
    Verdict.SLOWER: "Slower",
    Verdict.UNCLEAR: "Unclear",
    Verdict.UNTRUSTED: "Untrusted",
    Verdict.NOT_COMPARABLE: "Not comparable",
    Verdict.FASTER: "Faster",
    Verdict.SAME: "Same",
}


def render(judgement: Judgement, console: Console, *, every: bool = False) -> None:
    """Print verdicts.

    Parameters
    ----------
    judgement : Judgement
    console : Console
    every : bool
        List every case; else what is slower or undecided, and at most `MOST` of each.
    """
    _line(console, f"before: {judgement.before}")
    _line(console, f"now: {judgement.now}")
    if judgement.forced:
        _line(console, wording.FORCED, "bold red")
    if judgement.machine:
        _heading(console, "The machine, by its controls")
        _table(console, judgement, ordered(judgement.machine))
        for part in ordered(judgement.machine):
            _line(console, f"  {part.name}: {part.reason}")
    for verdict in ORDER:
        cases = ordered(one for one in judgement.cases if one.verdict is verdict)
        if cases and (every or verdict in LISTED):
            _heading(console, f"{HEADINGS[verdict]}: {numbers.number(len(cases), 'case')}")
            _cases(console, judgement, cases, every=every)
    console.print()
    for sentence in wording.long_term(judgement):
        _line(console, f"Over the whole history: {sentence}")
    if judgement.added:
        _line(console, f"New, so not compared: {_named(judgement.added, every=every)}")
    for one in judgement.warnings:
        _line(console, f"Warning: {one}", "yellow")
    console.print()
    _line(console, wording.outcome(judgement), STYLES[judgement.outcome])
    _line(console, wording.rates_of(judgement.rates))
    if judgement.sources:
        _line(console, f"From {', '.join(judgement.sources)}")


def _cases(
    console: Console, judgement: Judgement, cases: Sequence[CaseVerdict], *, every: bool
) -> None:
    """Print cases with a ratio as a table, the others by their reason."""
    measured = [one for one in cases if one.ratio is not None]
    shown = measured if every else measured[:MOST]
    if shown:
        _table(console, judgement, shown)
    if len(shown) < len(measured):
        _line(console, f"… and {len(measured) - len(shown)} more: --all lists them.")
    by_reason: dict[str, list[CaseVerdict]] = defaultdict(list)
    for one in cases:
        by_reason[one.reason].append(one)
    for reason, group in by_reason.items():
        _line(console, f"  {numbers.number(len(group), 'case')}: {reason}")
        unlisted = [one.name for one in group if one.ratio is None]
        if unlisted:
            _line(console, f"    {_named(unlisted, every=every)}")


def _named(names: Sequence[str], *, every: bool) -> str:
    """Write several names; of many the first."""
    shown = names if every else names[:MOST_NAMED]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f", and {more} more" if more else "")


def _table(console: Console, judgement: Judgement, cases: Sequence[CaseVerdict]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("case", overflow="fold")
    for name in ("verdict", "ratio (95%)", "margin", wording.unit(judgement), "cause"):
        table.add_column(name, justify="right" if name == "margin" else "left")
    for one in cases:
        cells = (one.name, wording.verdict_of(one), wording.ratio_of(one))
        rest = (wording.percent(one.margin), wording.n_of(one), one.cause or "–")
        table.add_row(*(Text(plain(cell)) for cell in (*cells, *rest)))
    console.print(table)


def _heading(console: Console, text: str) -> None:
    console.print()
    _line(console, text, "bold")


def _line(console: Console, text: str, style: str = "") -> None:
    """Print a line in which nothing is markup, or steers the terminal."""
    indent = text[: len(text) - len(text.lstrip(" "))]
    console.print(Text(indent + plain(text, LONG), style=style), highlight=False)
