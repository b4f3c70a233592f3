"""Prints how well the suite measures, and how often each rule is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.report import numbers
from bench.report.grid import print_whole
from bench.report.run_tables import percent
from bench.selftest.rule import RULE
from bench.selftest.simulation import NOTHING
from bench.selftest.tried_rules import RULES
from bench.stats.verdict import Rates, Share

# The suite's times beside a plain loop's.


def render_agreement(found: Sequence[Any], console: Console) -> bool:
    """Print the comparison.

    Returns
    -------
    bool
        Whether everything that was tried is as it should be, and something was.
    """
    compared = [one for one in found if not isinstance(one, str)]
    table = _table(
        *("kernel", "B", "suite", "plain loop", "apart", "allowed", "empty call"),
        "sleeps 1 ms",
    )
    good = []
    for one in compared:
        quick = one.call_seconds < RULE.max_empty_seconds
        off = abs(one.sleep_seconds / RULE.sleep_seconds - 1.0)
        slept = off <= RULE.sleep_tolerance
        good.append(one.agrees and quick and slept)
        table.add_row(
            Text(one.kernel),
            f"{one.batch_size}",
            numbers.seconds(one.suite_seconds),
            numbers.seconds(one.plain_seconds),
            percent(one.apart) + ("" if one.agrees else " !"),
            percent(one.allowed),
            numbers.seconds(one.call_seconds) + ("" if quick else " !"),
            numbers.seconds(one.sleep_seconds) + ("" if slept else " !"),
        )
    if compared:
        print_whole(console, table)
    for sentence in found:
        if isinstance(sentence, str):
            console.print(f"not tried: {sentence}", markup=False, highlight=False)
    console.print(
        f"{sum(good)} of {numbers.number(len(good), 'case')} as they should be: the two times "
        f"no further apart than their intervals allow, an empty call below 1 µs, a sleep of "
        f"1 ms within {percent(RULE.sleep_tolerance)}.",
        highlight=False,
    )
    return bool(good) and all(good)


def _table(first: str, *others: str) -> Table:
    """Make a table of numbers, each column but the first to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


# How often each rule is wrong, and what it finds, on the same samples.


LEGEND = (
    "Comparisons that were called slower, of so many, with the 95% interval of their share; "
    'under "called same", those of the same code that were called the same.'
)
TITLES = {rule.name: rule.title for rule in RULES}


def render(rates: Sequence[Rates], lost: Mapping[str, str], console: Console) -> None:
    """Print the rates of all rules.

    Parameters
    ----------
    lost : mapping of str to str
        Cases that came to nothing, and why.
    """
    slowdowns = (f"{slowdown:.0%} slower" for slowdown in RULE.slowdowns)
    table = _table("rule", "same code", "called same", *slowdowns)
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
    table = _table("histories of 60 runs", within, "false alarm", "wrong cause")
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
