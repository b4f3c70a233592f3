"""The yardstick is timed beside each round, never inside it, nor where turns are taken."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from bench.measure.calibration import Stop
from bench.measure.measurement import quality_facts
from bench.measure.rounds import Instruments, RoundTimer, Yardstick, instruments_for
from tests.measure.fake_device import ENQUEUE_SECONDS, STEP_SECONDS, FakeDevice

if TYPE_CHECKING:
    from collections.abc import Callable


class Slower(Yardstick):
    """Takes one more second each time, on a device's clock."""

    def __init__(self, device: FakeDevice) -> None:
        super().__init__(device.clock)
        self._device, self._times = device, count(1)

    def seconds(self) -> float:
        seconds = float(next(self._times))
        self._device.now += seconds
        return seconds


def step(device: FakeDevice) -> Callable[[], None]:
    return lambda: device.enqueue(lambda: None, STEP_SECONDS)


def timed(
    device: FakeDevice, n_rounds: int, wait_turn: Callable[[], None] | None = None
) -> RoundTimer:
    instruments = Instruments(device.clock, yardstick=Slower(device), wait_turn=wait_turn)
    timer = RoundTimer(device.drain, instruments)
    for _ in range(n_rounds):
        timer.time([step(device)])
    return timer


def test_it_is_timed_before_and_after_each_round_outside_the_clock() -> None:
    timer = timed(FakeDevice(), 3)
    assert {one.drained_seconds for one in timer.rounds} == {ENQUEUE_SECONDS + STEP_SECONDS}
    assert [one.yardstick_seconds for one in timer.changes] == [1.5, 3.5, 5.5]
    told = quality_facts(timer, Stop.BUDGET, 0.01)["telemetry"]
    assert told["yardstick_seconds"] == [1.5, 3.5, 5.5]


def test_processes_that_take_turns_are_compared_with_each_other_and_need_none() -> None:
    turns: list[None] = []
    timer = timed(FakeDevice(), 2, lambda: turns.append(None))
    assert len(turns) == 2
    assert [one.yardstick_seconds for one in timer.changes] == [None, None]


def test_it_takes_longer_than_a_clock_can_miss_and_less_than_a_round() -> None:
    assert 1e-6 < min(Yardstick().seconds() for _ in range(20)) < 0.1


def test_work_that_the_processor_does_not_do_has_none() -> None:
    assert instruments_for("cpu(0)").yardstick is not None
    assert instruments_for("gpu(0)").yardstick is None
