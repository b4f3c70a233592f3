"""Prints how often each rule is wrong, and what it finds, on the same samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from bench.analyze.error_rates.rating import RULES, SLOWDOWNS
from bench.analyze.tracking.simulating import NOTHING, STEP, WITHIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from bench.analyze.verdicts.rates import Rates, Share

LEGEND = (
    "Comparisons that were called slower, of so many, with the 95% interval of their share; "
    'under "called same", those of the same code that were called the same.'
)
TITLES = {rule.name: rule.title for rule in RULES}


def render(rates: Sequence[Rates], lost: Mapping[str, str], console: Console) -> None:
    """Print the rates of all rules.

    Parameters
    ----------
    rates : sequence of Rates
    lost : mapping of str to str
        Cases that came to nothing, and why.
    console : Console
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("rule", no_wrap=True)
    table.add_column("same code", justify="right", no_wrap=True)
    table.add_column("called same", justify="right", no_wrap=True)
    for slowdown in SLOWDOWNS:
        table.add_column(f"{slowdown:.0%} slower", justify="right", no_wrap=True)
    for one in rates:
        found = [share(each) for _, each in one.found]
        cells = (share(one.false_slower), share(one.same), *found)
        table.add_row(Text(TITLES.get(one.rule, one.rule)), *cells)
    console.print(table)
    console.print(LEGEND, markup=False, highlight=False)
    for case, reason in lost.items():
        console.print(f"not measured: {case}: {reason}", markup=False, highlight=False)


def render_history(
    shares: Mapping[str, tuple[Share, Share, Share]], said: str, console: Console
) -> None:
    """Print what became of simulated histories.

    Parameters
    ----------
    shares : mapping of str to three Share
        By what changed: found, raised a false alarm, blamed what had not changed.
    said : str
        What they were drawn from.
    console : Console
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("histories of 60 runs", no_wrap=True)
    for name in (f"found within {WITHIN} runs", "false alarm", "wrong cause"):
        table.add_column(name, justify="right", no_wrap=True)
    for kind, (found, alarm, wrongly) in shares.items():
        if kind == NOTHING:
            table.add_row("no step", "–", share(alarm), "–")
        else:
            table.add_row(
                f"{STEP:.0%} step in {kind}", share(found), share(alarm), share(wrongly)
            )
    console.print(table)
    console.print(said, markup=False, highlight=False, soft_wrap=True)


def share(one: Share) -> str:
    """Write a share with its interval: ``3/46 (1.4–18%)``; a dash for none."""
    if not one.of:
        return "–"
    low, high = one.interval
    return f"{one.count}/{one.of} ({_percent(low)}–{_percent(high)}%)"


def _percent(value: float) -> str:
    return f"{100 * value:.0f}" if value >= 0.1 else f"{100 * value:.2g}"
