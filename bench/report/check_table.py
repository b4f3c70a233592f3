"""Prints how the suite's times compare with a plain loop's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from bench.report import units
from bench.report.quality_tables import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

#: What an empty kernel may take, in seconds, and how far a sleeping one may be off.
EMPTY_SECONDS, SLEEP_ROOM = 1e-6, 0.05
SLEEP_SECONDS = 1e-3


def render(found: Sequence[Any], console: Console) -> bool:
    """Print the comparison.

    Parameters
    ----------
    found : sequence of Agreement or str
    console : Console

    Returns
    -------
    bool
        Whether everything that was tried is as it should be, and something was.
    """
    compared = [one for one in found if not isinstance(one, str)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("kernel", "B", "suite", "plain loop", "apart", "allowed", "empty call"):
        table.add_column(name, justify="left" if name == "kernel" else "right", no_wrap=True)
    table.add_column("sleeps 1 ms", justify="right", no_wrap=True)
    for one in compared:
        table.add_row(
            Text(one.kernel),
            f"{one.batch_size}",
            units.seconds(one.suite_seconds),
            units.seconds(one.plain_seconds),
            percent(one.apart) + ("" if one.agrees else " !"),
            percent(one.allowed),
            units.seconds(one.call_seconds)
            + ("" if one.call_seconds < EMPTY_SECONDS else " !"),
            units.seconds(one.sleep_seconds) + ("" if _sleeps(one) else " !"),
        )
    if compared:
        console.print(table)
    for sentence in found:
        if isinstance(sentence, str):
            console.print(f"not tried: {sentence}", markup=False, highlight=False)
    good = [
        one.agrees and one.call_seconds < EMPTY_SECONDS and _sleeps(one) for one in compared
    ]
    console.print(
        f"{sum(good)} of {units.number(len(good), 'case')} as they should be: the two times no "
        f"further apart than their intervals allow, an empty call below 1 µs, a sleep of 1 ms "
        f"within {percent(SLEEP_ROOM)}.",
        highlight=False,
    )
    return bool(good) and all(good)


def _sleeps(one: Any) -> bool:
    return bool(abs(one.sleep_seconds / SLEEP_SECONDS - 1.0) <= SLEEP_ROOM)
