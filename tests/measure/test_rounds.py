from __future__ import annotations

import gc
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measure.rounds import Instruments, Round, WatchedError, time_round, unwatched
from tests.measure.fake_device import ENQUEUE_SECONDS, FakeDevice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def collecting() -> Iterator[None]:
    before = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if before else gc.disable)()


def nothing() -> None:
    pass


def queueing(device: FakeDevice, seconds: float) -> Callable[[], None]:
    return lambda: device.enqueue(nothing, seconds)


def test_enqueued_ends_when_the_call_returns_and_drained_when_the_device_is_idle() -> None:
    device = FakeDevice()
    one = time_round(queueing(device, 4.0), device.drain, Instruments(device.clock))
    assert one == Round(ENQUEUE_SECONDS, ENQUEUE_SECONDS + 4.0, 1)


def test_work_from_before_the_round_is_drained_before_the_clock_starts() -> None:
    device = FakeDevice()
    device.enqueue(nothing, 1000.0)
    one = time_round(queueing(device, 4.0), device.drain, Instruments(device.clock))
    assert one.drained_seconds == ENQUEUE_SECONDS + 4.0


def test_the_work_is_called_once_for_each_iteration_all_inside_one_clock() -> None:
    device = FakeDevice()
    one = time_round(
        queueing(device, 4.0), device.drain, Instruments(device.clock), iterations=3
    )
    assert one == Round(3 * ENQUEUE_SECONDS, 3 * (ENQUEUE_SECONDS + 4.0), 3)
    assert device.clock_reads == 3


@given(st.lists(st.integers(0, 1000), max_size=20), st.integers(1, 5))
def test_drained_is_never_less_than_what_the_work_costs(costs: list[int], times: int) -> None:
    device = FakeDevice()

    def work() -> None:
        for cost in costs:
            device.enqueue(nothing, float(cost))

    one = time_round(work, device.drain, Instruments(device.clock), times)
    assert one.drained_seconds >= times * sum(costs)
    assert one.enqueued_seconds == times * len(costs) * ENQUEUE_SECONDS
    assert not device.queue


@pytest.mark.usefixtures("collecting")
@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_off_inside_and_afterwards_as_it_was(enabled: bool) -> None:
    seen = []
    (gc.enable if enabled else gc.disable)()
    time_round(lambda: seen.append(gc.isenabled()), nothing, Instruments(FakeDevice().clock), 2)
    assert seen == [False, False]
    assert gc.isenabled() is enabled


@pytest.mark.usefixtures("collecting")
@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("culprit", ["work", "drain"])
def test_the_garbage_collector_is_as_it_was_after_an_exception(
    enabled: bool, culprit: str
) -> None:
    (gc.enable if enabled else gc.disable)()
    inside = []

    def fail() -> None:
        inside.append(gc.isenabled())
        raise OSError("broken")

    def fail_the_second_time() -> None:
        calls.append(None)
        if len(calls) == 2:
            fail()

    calls: list[None] = []
    with pytest.raises(OSError, match="broken"):
        time_round(
            fail if culprit == "work" else nothing,
            fail_the_second_time if culprit == "drain" else nothing,
        )
    assert inside == [False]
    assert gc.isenabled() is enabled


def test_a_tracer_is_paused_for_this_thread_and_new_ones_and_goes_on_after(
    tracer: object,
) -> None:
    with unwatched():
        assert sys.gettrace() is None
        assert threading.gettrace() is None
    assert sys.gettrace() is tracer
    assert threading.gettrace() is tracer


def test_a_profiler_can_not_be_paused_so_nothing_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "getprofile", lambda: nothing)
    with pytest.raises(WatchedError, match="a profiler would be timed too"), unwatched():
        pass


def test_what_watches_through_sys_monitoring_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    tools = SimpleNamespace(get_tool=[None, "coverage.py", *[None] * 4].__getitem__)
    monkeypatch.setattr(sys, "monitoring", tools, raising=False)
    with pytest.raises(WatchedError, match=r"coverage\.py would be timed too"), unwatched():
        pass
