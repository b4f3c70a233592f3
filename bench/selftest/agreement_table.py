"""Prints the suite's times beside a plain loop's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from bench.report import numbers
from bench.report.grid import of_numbers, print_whole
from bench.selftest.rule import RULE


def render(found: Sequence[Any], console: Console) -> bool:
    """Print the comparison.

    Returns
    -------
    bool
        Whether everything that was tried is as it should be, and something was.
    """
    compared = [one for one in found if not isinstance(one, str)]
    table = of_numbers(
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
            numbers.percent(one.apart) + ("" if one.agrees else " !"),
            numbers.percent(one.allowed),
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
        f"1 ms within {numbers.percent(RULE.sleep_tolerance)}.",
        highlight=False,
    )
    return bool(good) and all(good)
