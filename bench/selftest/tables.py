"""Prints how well the suite measures, and how often each rule is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from bench.report.grid import of_numbers, print_whole
from bench.selftest.rule import RULE
from bench.selftest.simulation import NOTHING
from bench.selftest.tried_rules import RULES
from bench.stats.verdict import Rates, Share

# How often each rule is wrong, and what it finds, on the same samples.


LEGEND = (
    "Comparisons that were called slower, of so many, with the 95% interval of their share; "
    'under "called same", those of the same code that were called the same.'
)
TITLES = {**{rule.name: rule.title for rule in RULES}, "compare": "bench compare"}


def render(rates: Sequence[Rates], lost: Mapping[str, str], console: Console) -> None:
    """Print the rates of all rules.

    Parameters
    ----------
    lost : mapping of str to str
        Cases that came to nothing, and why.
    """
    slowdowns = (f"{slowdown:.0%} slower" for slowdown in RULE.slowdowns)
    table = of_numbers("rule", "same code", "called same", *slowdowns)
    for one in rates:
        found = [share(each) for _, each in one.found]
        cells = (share(one.false_slower), share(one.same), *found)
        table.add_row(Text(TITLES.get(one.rule, one.rule)), *cells)
    print_whole(console, table)
    console.print(LEGEND, markup=False, highlight=False)
    for case, reason in lost.items():
        console.print(f"not measured: {case}: {reason}", markup=False, highlight=False)


def render_history(
    shares: Mapping[str, tuple[Share, ...]], said: str, console: Console
) -> None:
    """Print what became of simulated histories.

    Parameters
    ----------
    shares : mapping of str to three Share
        By what changed: found, raised a false alarm, blamed what had not changed.
    said : str
        What they were drawn from.
    """
    within = f"found within {RULE.within_runs} runs"
    table = of_numbers("histories of 60 runs", within, "false alarm", "wrong cause")
    for kind, (found, alarm, wrongly) in shares.items():
        if kind == NOTHING:
            table.add_row("no step", "–", share(alarm), "–")
        else:
            table.add_row(
                f"{RULE.step:.0%} step in {kind}", share(found), share(alarm), share(wrongly)
            )
    print_whole(console, table)
    console.print(said, markup=False, highlight=False, soft_wrap=True)


def share(one: Share) -> str:
    """Write a share with its interval: ``3/46 (1.4–18%)``; a dash for none."""
    if not one.of:
        return "–"
    low, high = one.interval
    return f"{one.count}/{one.of} ({_percent(low)}–{_percent(high)}%)"


def _percent(value: float) -> str:
    return f"{100 * value:.0f}" if value >= 0.1 else f"{100 * value:.2g}"
