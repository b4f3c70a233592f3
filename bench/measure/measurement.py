"""What measuring a case leaves: its rounds, and what else is to be known of it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.measure.rounds import Round


@dataclass(frozen=True)
class Measurement:
    """A measured case.

    Attributes
    ----------
    rounds : tuple of Round
    facts : dict of str to JSON value
        The ``extra_info`` of the run file.
    group : str
        Cases that are worth comparing share it.
    """

    rounds: tuple[Round, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    group: str = ""


def median_seconds(rounds: tuple[Round, ...]) -> float:
    """Return the median over the rounds of the drained seconds of one iteration."""
    return statistics.median(one.drained_seconds / one.iterations for one in rounds)


def enqueued_facts(rounds: tuple[Round, ...]) -> dict[str, Any]:
    """Return the enqueued seconds of one iteration: their median, and all of them."""
    seconds = [round(one.enqueued_seconds / one.iterations, 12) for one in rounds]
    return {"enqueued_seconds": statistics.median(seconds), "enqueued_data": seconds}
