"""One step at a time: from idle to idle, the call's return kept apart, still right after."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import data
from bench.measure.epoch import measure_step
from bench.measure.gate import GateError, TrainingCase
from bench.measure.protocol import Protocol
from bench.measure.rounds import Instruments
from bench.measure.rule import RULE
from kernels.cost import StepCost
from tests.measure.fake_device import ENQUEUE_SECONDS, STEP_SECONDS, FakeDevice, FakeSgd
from tests.measure.required_facts import REQUIRED

if TYPE_CHECKING:
    from bench.measure.measurement import Measurement


def measured(kernel: FakeSgd, device: FakeDevice, **settings: Any) -> Measurement:
    case = TrainingCase(data.load("synthetic-100x3"), kernel, "cpu(0)", "inmemory", 30)
    protocol = Protocol(**{"epochs": 2, "seconds_per_case": 1.0, **settings})
    return measure_step(case, protocol, Instruments(device.clock))


def test_a_round_is_one_step_from_idle_to_idle(device: FakeDevice) -> None:
    rounds = measured(FakeSgd(device), device).rounds
    assert len(rounds) == RULE.min_step_rounds
    assert {one.drained_seconds for one in rounds} == {ENQUEUE_SECONDS + STEP_SECONDS}
    assert {one.enqueued_seconds for one in rounds} == {ENQUEUE_SECONDS}
    assert {one.iterations for one in rounds} == {1}


def test_steps_are_repeated_until_enough_is_timed_but_not_for_ever(device: FakeDevice) -> None:
    enough = 80 * (ENQUEUE_SECONDS + STEP_SECONDS)
    never = {"target": -1.0}
    assert len(measured(FakeSgd(device), device, seconds_per_case=enough, **never).rounds) == 80
    many = measured(FakeSgd(device), device, seconds_per_case=1e9, max_rounds=300, **never)
    assert len(many.rounds) == 300


def test_the_facts_are_those_of_a_step(device: FakeDevice) -> None:
    kernel = FakeSgd(device)
    kernel.cost = StepCost(features=2, samples=3, parameters=5)
    measurement = measured(kernel, device)
    facts = measurement.facts
    assert set(facts) >= REQUIRED
    assert facts["case"] == "step"
    seconds = ENQUEUE_SECONDS + STEP_SECONDS
    assert facts["seconds_per_step"] == seconds
    assert facts["samples_per_second"] == 30 / seconds
    assert facts["enqueued_seconds"] == ENQUEUE_SECONDS
    assert facts["bytes_moved"] == 4 * (2 * 30 * 3 + 3 * 30 + 5 * 4)
    assert facts["moved_bytes_per_second"] == facts["bytes_moved"] / seconds
    assert facts["seconds_per_epoch"] is None
    assert facts["device_seconds"] is None
    assert measurement.group == "step synthetic-100x3 cpu(0) B30"
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_a_kernel_that_goes_wrong_while_its_steps_are_timed_fails(device: FakeDevice) -> None:
    class GoesWrong(FakeSgd):
        """Right for the gate and the warm-up, then never again."""

        def apply(self, state: Any, X: Any, y: Any, eta: float) -> None:
            late = self.resets > 2  # the gate resets twice
            super().apply(state, X, y, 1.2 * eta if late else eta)

    with pytest.raises(GateError, match="after 1 steps on one batch"):
        measured(GoesWrong(device), device)


def test_a_wrong_kernel_is_not_timed(device: FakeDevice) -> None:
    class Wrong(FakeSgd):
        def apply(self, state: Any, X: Any, y: Any, eta: float) -> None:
            super().apply(state, X, y, -eta)

    with pytest.raises(GateError, match="is wrong, so it is not timed"):
        measured(Wrong(device), device)
    assert device.clock_reads == 0
