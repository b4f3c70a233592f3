"""A slowdown on purpose: of its size, inside the clock, and nowhere by default."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from bench.measure.rounds import SLOWING, Slowing, time_round

if TYPE_CHECKING:
    import pytest


def nothing() -> None:
    pass


def test_a_round_ends_later_by_the_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is a second later; begin, enqueued and end are 0, 1 and 2."""
    monkeypatch.setattr(SLOWING, "share", 0.5)
    ticks = itertools.count()
    found = time_round(nothing, nothing, lambda: float(next(ticks)))
    assert (found.enqueued_seconds, found.drained_seconds) == (1.0, 3.0)


def test_by_default_a_round_ends_when_its_work_is_done() -> None:
    assert Slowing().end(1.0, 3.0, nothing) == 3.0  # type: ignore[arg-type]
