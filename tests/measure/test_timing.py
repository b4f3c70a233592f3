"""Rounds and telemetry together: read around the clock, never inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.machine.counters import Reading
from bench.measure.calibration import Stop
from bench.measure.measurement import quality_facts
from bench.measure.rounds import Instruments, RoundTimer
from tests.measure.fake_device import ENQUEUE_SECONDS, STEP_SECONDS, FakeDevice

if TYPE_CHECKING:
    from collections.abc import Callable

READ_SECONDS = 64.0


class RecordedTelemetry:
    """Takes long to read, and gives what was recorded."""

    def __init__(self, device: FakeDevice, major_faults: list[int]) -> None:
        self.device, self.major_faults = device, iter(major_faults)
        self.read_at: list[tuple[float, int]] = []

    def read(self) -> Reading:
        self.read_at.append((self.device.now, len(self.device.queue)))
        self.device.now += READ_SECONDS
        return Reading(
            monotonic_seconds=self.device.now, major_faults=next(self.major_faults, None)
        )


def step(device: FakeDevice) -> Callable[[], None]:
    return lambda: device.enqueue(lambda: None, STEP_SECONDS)


def test_reading_is_never_inside_the_clock_nor_is_the_work_before_it() -> None:
    device = FakeDevice()
    telemetry = RecordedTelemetry(device, [])
    timer = RoundTimer(device.drain, Instruments(device.clock, telemetry))
    device.enqueue(lambda: None, 1000.0)
    one = timer.time([step(device)] * 3, 3)
    assert one.drained_seconds == 3 * (ENQUEUE_SECONDS + STEP_SECONDS)
    # Both readings found an idle device: nothing that they take delays the work.
    assert [queue for _, queue in telemetry.read_at] == [0, 0]


def test_the_lead_in_is_over_before_the_clock_starts() -> None:
    device = FakeDevice()
    timer = RoundTimer(device.drain, Instruments(device.clock))
    one = timer.time([step(device)], 1, [step(device)] * 5)
    assert one.drained_seconds == ENQUEUE_SECONDS + STEP_SECONDS


def test_disturbed_rounds_are_marked_with_the_reason_and_kept() -> None:
    device = FakeDevice()
    # Read twice a round; in the second and in the last round pages come from the disk.
    faults = [0, 0, 0, 900, 900, 900, 900, 900, 900, 1800]
    timer = RoundTimer(
        device.drain, Instruments(device.clock, RecordedTelemetry(device, faults))
    )
    for _ in range(5):
        timer.time([step(device)])
    facts = quality_facts(timer, Stop.BUDGET, 0.01)
    assert len(timer.rounds) == 5
    assert facts["marks"] == {"paged-in": [1, 4]}
    assert facts["disturbed_rounds"] == 2
    assert facts["untrusted"] is False
    assert facts["telemetry"]["major_faults"] == [0, 900, 0, 0, 900]


def test_a_case_most_of_whose_rounds_were_disturbed_is_untrusted() -> None:
    device = FakeDevice()
    faults = [0, 900, 900, 1800, 1800, 1800]
    timer = RoundTimer(
        device.drain, Instruments(device.clock, RecordedTelemetry(device, faults))
    )
    for _ in range(3):
        timer.time([step(device)])
    assert quality_facts(timer, Stop.BUDGET, 0.01)["untrusted"] is True


def test_too_few_rounds_give_no_interval_and_say_so() -> None:
    device = FakeDevice()
    timer = RoundTimer(device.drain, Instruments(device.clock))
    for _ in range(5):
        timer.time([step(device)])
    facts = quality_facts(timer, Stop.BUDGET, 0.01)
    assert (facts["interval"], facts["half_width"], facts["stopped"]) == (None, None, "budget")
    timer.time([step(device)])
    seconds = ENQUEUE_SECONDS + STEP_SECONDS
    assert quality_facts(timer, Stop.BUDGET, 0.01)["interval"] == [seconds, seconds]
