"""A GPU's own time of work, on a GPU whose stream and whose host are two clocks."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from kernels.backends.held_stream import HOLDS_SECONDS, timed

LAUNCHES, RUNS_SECONDS, ENQUEUES_SECONDS = 10, 1e-6, 50e-6


@dataclass
class Gpu:
    """Does what is enqueued, one piece after the other, and never before it is enqueued."""

    host: float = 0.0
    gpu: float = 0.0
    done: list[str] = field(default_factory=list)

    def enqueue(self, what: str, seconds: float) -> None:
        self.host += ENQUEUES_SECONDS
        self.gpu = max(self.gpu, self.host) + seconds
        self.done.append(what)

    def hold(self, seconds: float) -> None:
        self.enqueue("hold", seconds)

    def flush(self) -> None:
        self.enqueue("flush", 1e-4)

    def event(self) -> float:
        self.enqueue("event", 0.0)
        return self.gpu

    def is_reached(self, event: float) -> bool:
        return event <= self.host

    def seconds(self, begin: float, end: float) -> float:
        self.wait()
        return end - begin

    def wait(self) -> None:
        self.host = max(self.host, self.gpu)

    def launch(self, times: int = LAUNCHES) -> None:
        for _ in range(times):
            self.enqueue("launch", RUNS_SECONDS)


def test_enqueueing_is_not_in_it() -> None:
    gpu = Gpu()
    taken = timed(gpu, gpu.launch)
    assert taken.held
    assert taken.seconds == pytest.approx(LAUNCHES * RUNS_SECONDS)
    assert gpu.done == ["hold", "event", *["launch"] * LAUNCHES, "event"]


def test_two_events_alone_would_measure_the_enqueueing() -> None:
    gpu = Gpu()
    begin = gpu.event()
    gpu.launch()
    assert gpu.seconds(begin, gpu.event()) > LAUNCHES * ENQUEUES_SECONDS


def test_the_stream_is_held_for_longer_where_that_is_needed() -> None:
    gpu = Gpu()
    taken = timed(gpu, lambda: gpu.launch(100))
    assert taken.held
    assert taken.seconds == pytest.approx(100 * RUNS_SECONDS)
    assert gpu.done.count("hold") == 2


def test_more_than_can_be_held_is_a_span_and_says_so() -> None:
    gpu = Gpu()
    taken = timed(gpu, lambda: gpu.launch(3000))
    assert not taken.held
    assert taken.seconds > 3000 * ENQUEUES_SECONDS - HOLDS_SECONDS[-1]


def test_work_that_waits_ends_and_is_not_held() -> None:
    gpu = Gpu()

    def work() -> None:
        gpu.launch()
        gpu.wait()

    assert not timed(gpu, work).held
    assert gpu.done.count("hold") == len(HOLDS_SECONDS)


def test_cold_work_begins_behind_a_flush() -> None:
    gpu = Gpu()
    taken = timed(gpu, gpu.launch, cold=True)
    assert taken.held
    assert taken.seconds == pytest.approx(LAUNCHES * RUNS_SECONDS)
    # The first one is there for its memory.
    assert gpu.done[:4] == ["flush", "hold", "flush", "event"]
