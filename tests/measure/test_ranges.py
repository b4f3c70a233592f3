"""Ranges around rounds, for a profiler: off unless the environment asks for them."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from bench.measure.rounds import NVTX, Instruments, RoundTimer, WatchedError, instruments_for

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _made_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(NVTX, raising=False)
    instruments_for.cache_clear()
    yield
    instruments_for.cache_clear()


def test_every_round_is_in_a_range_of_its_own_clock_and_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    def annotate(name: str, domain: str) -> AbstractContextManager[None]:
        @contextmanager
        def entered() -> Iterator[None]:
            done.append(f"{domain}: {name}")
            yield
            done.append("end")

        return entered()

    def clock() -> float:
        done.append("clock")
        return 0.0

    monkeypatch.setenv(NVTX, "1")
    monkeypatch.setitem(sys.modules, "nvtx", SimpleNamespace(annotate=annotate))
    made = instruments_for("cpu(0)").annotate
    timer = RoundTimer(lambda: None, Instruments(clock=clock, annotate=made))
    for _ in range(2):
        timer.time([lambda: done.append("work")])
    one = ["clock", "work", "clock", "clock", "end"]
    assert done == ["minibatch-bench: round 0", *one, "minibatch-bench: round 1", *one]


def test_without_the_variable_there_are_none() -> None:
    assert instruments_for("cpu(0)").annotate is nullcontext


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NVTX, "1")
    monkeypatch.setitem(sys.modules, "nvtx", None)
    with pytest.raises(WatchedError, match="nvtx is missing: pip install nvtx"):
        instruments_for("cpu(0)")
