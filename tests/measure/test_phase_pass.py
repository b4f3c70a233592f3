"""The instrumented pass: where an epoch's time goes, checked against the whole."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import data
from bench.measure.epoch import measure_training, phase_facts
from bench.measure.gate import GateError, TrainingCase
from bench.measure.protocol import Protocol, plan_training
from bench.measure.rounds import Instruments
from tests.measure.fake_device import ENQUEUE_SECONDS, STEP_SECONDS, FakeDevice, FakeSgd

if TYPE_CHECKING:
    from collections.abc import Iterator

N_STEPS = 4
FORWARD, BACKWARD, UPDATE = 0.5, 0.25, 1.0
PROTOCOL = Protocol(epochs=2, seconds_per_case=1.0)


class Phased(FakeSgd):
    """Each phase costs the host what it says; the device works on after it."""

    def phases(self, state: Any, X: Any, y: Any, eta: float) -> Iterator[str]:
        for name, seconds in (
            ("forward", FORWARD),
            ("backward", BACKWARD),
            ("update", UPDATE - ENQUEUE_SECONDS),
        ):
            self.device.now += seconds
            if name == "update":
                self.step(state, X, y, eta)
            yield name


def facts_of(kernel: FakeSgd, device: FakeDevice, seconds: float = 1.0) -> dict[str, Any]:
    case = TrainingCase(data.load("synthetic-100x3"), kernel, "cpu(0)", "inmemory", 30)
    plan = plan_training(case.workload, 30, PROTOCOL)
    state = kernel.prepare(case.workload, "cpu(0)", 30, "inmemory", plan.start)
    drain = partial(device.drain)
    return phase_facts(case, plan, state, drain, Instruments(device.clock), seconds)


def test_each_phase_has_what_the_host_spent_in_it_and_the_rest_is_waiting(
    device: FakeDevice,
) -> None:
    facts = facts_of(Phased(device), device)
    assert facts["phases"] == {
        "data": 0.0,
        "forward": N_STEPS * FORWARD,
        "backward": N_STEPS * BACKWARD,
        "update": N_STEPS * UPDATE,
        "waiting": N_STEPS * STEP_SECONDS,
    }
    total = N_STEPS * (FORWARD + BACKWARD + UPDATE + STEP_SECONDS)
    assert facts["phases_total"] == total


@pytest.mark.parametrize("seconds", [15.0, 10.0, 30.0])
def test_the_total_is_put_beside_the_uninstrumented_epoch(
    device: FakeDevice, seconds: float
) -> None:
    facts = facts_of(Phased(device), device, seconds)
    assert facts["phases_differ"] == pytest.approx(15.0 / seconds - 1.0)


def test_getting_the_batches_is_data(device: FakeDevice) -> None:
    kernel = Phased(device)
    case = TrainingCase(data.load("synthetic-100x3"), kernel, "cpu(0)", "inmemory", 30)
    plan = plan_training(case.workload, 30, PROTOCOL)
    state = kernel.prepare(case.workload, "cpu(0)", 30, "inmemory", plan.start)
    state.batches.seconds = 0.75
    instruments = Instruments(device.clock)
    facts = phase_facts(case, plan, state, device.drain, instruments, 18.0)
    assert facts["phases"]["data"] == N_STEPS * 0.75


def test_a_kernel_without_phases_of_its_own_has_one_step(device: FakeDevice) -> None:
    facts = facts_of(FakeSgd(device), device)
    assert [*facts["phases"]] == ["data", "step", "waiting"]
    assert facts["phases"]["step"] == N_STEPS * ENQUEUE_SECONDS


def test_a_kernel_without_steps_has_no_phases(device: FakeDevice) -> None:
    class NotStepwise:
        pass

    case: Any = type("Case", (), {"kernel": NotStepwise()})()
    facts = phase_facts(case, case, None, device.drain, Instruments(device.clock), 1.0)
    assert facts == {"phases": None, "phases_total": None, "phases_differ": None}


def test_phases_that_train_wrongly_fail(device: FakeDevice) -> None:
    class Forgets(Phased):
        def phases(self, state: Any, X: Any, y: Any, eta: float) -> Iterator[str]:
            yield from super().phases(state, X, y, 2 * eta)

    with pytest.raises(GateError, match="after an epoch in phases"):
        facts_of(Forgets(device), device)


def test_the_timed_rounds_know_nothing_of_the_phases(device: FakeDevice) -> None:
    case = TrainingCase(data.load("synthetic-100x3"), Phased(device), "cpu(0)", "inmemory", 30)
    measured = measure_training(case, PROTOCOL, Instruments(device.clock))
    assert measured.facts["seconds_per_epoch"] == N_STEPS * (ENQUEUE_SECONDS + STEP_SECONDS)
    assert measured.facts["phases_total"] == 15.0
    # 15 seconds with instruments, 8.5 without: more than a tenth apart, and it shows.
    assert measured.facts["phases_differ"] == pytest.approx(15.0 / 8.5 - 1.0)
