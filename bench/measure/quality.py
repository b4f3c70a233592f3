"""What is to be known of how good a number is: the facts that go with every measurement."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bench.analyze.median import median_interval, relative_half_width
from bench.measure.measurement import median_seconds
from bench.measure.rounds import seconds_of
from bench.measure.telemetry.columns import columns
from bench.measure.telemetry.marking import is_untrusted, marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.measure.overhead import Overhead
    from bench.measure.stopping import Stop
    from bench.measure.timing import RoundTimer


def quality_facts(
    timer: RoundTimer, stop: Stop, target: float, overhead: Overhead | None = None
) -> dict[str, Any]:
    """Say how precise and how undisturbed the rounds of a case are.

    Parameters
    ----------
    timer : RoundTimer
        Its rounds, at least one, and what the machine did in them.
    stop : Stop
        Why there are no more.
    target : float
        The relative half-width that was aimed at.
    overhead : Overhead, optional
        What an empty kernel took in this process.

    Returns
    -------
    dict
        ``interval``: of the median, at 95%, in seconds of one iteration, None below six
        rounds; ``half_width``: half of it, as a share of the median; ``target_half_width``;
        ``stopped``; ``marks``: by reason, the numbers of the rounds that were disturbed;
        ``disturbed_rounds``: how many; ``untrusted``: most of them; ``telemetry``: what was
        read, by round; ``overhead_share``: the harness's part of the median; ``overhead``.
    """
    seconds = seconds_of(timer.rounds)
    half_width = relative_half_width(seconds)
    marked = [
        marks(seen, one.drained_seconds)
        for seen, one in zip(timer.changes, timer.rounds, strict=True)
    ]
    interval = median_interval(seconds)
    share = overhead and overhead.share(
        median_seconds(tuple(timer.rounds)), timer.rounds[0].iterations
    )
    return {
        "interval": interval and list(interval),
        "half_width": half_width if math.isfinite(half_width) else None,
        "target_half_width": target,
        "stopped": stop.value,
        "marks": _by_reason(marked),
        "disturbed_rounds": sum(map(bool, marked)),
        "untrusted": is_untrusted(marked),
        "telemetry": columns(timer.changes),
        "overhead": overhead and asdict(overhead),
        "overhead_share": share,
    }


def _by_reason(marked: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """Turn the reasons of each round into the rounds of each reason."""
    by_reason: dict[str, list[int]] = {}
    for number, reasons in enumerate(marked):
        for reason in reasons:
            by_reason.setdefault(reason, []).append(number)
    return by_reason
