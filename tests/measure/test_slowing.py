"""A slowdown on purpose: of its size, inside the clock, and nowhere by default."""

from __future__ import annotations

import itertools

import pytest

from bench.measure.rounds import Instruments, time_round


def nothing() -> None:
    pass


@pytest.mark.parametrize(("slowdown", "drained_seconds"), [(0.5, 3.0), (0.0, 2.0)])
def test_a_round_ends_later_by_the_share(slowdown: float, drained_seconds: float) -> None:
    """Each look at the clock is a second later; begin, enqueued and end are 0, 1 and 2."""
    ticks = itertools.count()
    instruments = Instruments(lambda: float(next(ticks)), slowdown=slowdown)
    found = time_round(nothing, nothing, instruments)
    assert (found.enqueued_seconds, found.drained_seconds) == (1.0, drained_seconds)
