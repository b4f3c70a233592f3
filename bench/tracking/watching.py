"""Measures, judges and waits, again and again, until it is told to stop."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from bench.exits import Exit
from bench.selection.parsing import SelectionError

if TYPE_CHECKING:
    from collections.abc import Callable

UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
MINUTES = "%Y-%m-%d %H:%M"
LONGEST_SECONDS = 366 * UNIT_SECONDS["d"]


def duration(option: str, text: str) -> float:
    """Read a duration.

    Parameters
    ----------
    option : str
        Its name, for the message.
    text : str
        ``90s``, ``30m``, ``24h``, ``1d``.

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    SelectionError
    """
    match = re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([smhd])\s*", text)
    seconds = float(match[1]) * UNIT_SECONDS[match[2]] if match else 0.0
    if not 0 < seconds <= LONGEST_SECONDS:
        raise SelectionError(
            f"{option}: {text!r} is no duration; give a number and s, m, h or d, as in 24h, of "
            f"at most 366d."
        )
    return seconds


def watch(
    round_: Callable[[], Exit],
    say: Callable[[str], None],
    every_seconds: float,
    times: int | None,
    *,
    wait: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Exit:
    """Do rounds on a schedule.

    Parameters
    ----------
    round_ : callable
        Measures and judges; returns what that comes to, and tells its failures itself.
    say : callable
        Takes a line.
    every_seconds : float
        From the begin of one round to that of the next; a round that takes longer is
        followed at once.
    times : int or None
        So many rounds; None for no end.
    wait, clock : callable

    Returns
    -------
    Exit
        Of the last round.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C.
    """
    done, code = 0, Exit.OK
    while True:
        begin = clock()
        done += 1
        of_all = "" if times is None else f" of {times}"
        say(f"Round {done}{of_all}, {_now():{MINUTES}} UTC")
        code = round_()
        if done == times:
            return code
        left = every_seconds - (clock() - begin)
        if left > 0:
            say(f"The next round begins at {_now() + timedelta(seconds=left):{MINUTES}} UTC.")
            wait(left)


def _now() -> datetime:
    return datetime.now(timezone.utc)
