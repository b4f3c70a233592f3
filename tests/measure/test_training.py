from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import data
from bench.measure.epoch import _Training, measure_training
from bench.measure.gate import GateError, TrainingCase
from bench.measure.protocol import DivergedError, Protocol, plan_training
from bench.measure.rounds import Instruments, RoundTimer
from bench.measure.rule import RULE
from kernels.backends import BACKENDS
from kernels.train.numpy_closed_form import NumpyClosedForm
from tests.measure.fake_device import (
    ENQUEUE_SECONDS,
    STEP_SECONDS,
    FakeBackend,
    FakeDevice,
    FakeSgd,
)
from tests.measure.required_facts import REQUIRED

if TYPE_CHECKING:
    from bench.measure.measurement import Measurement
    from kernels.contract import TrainKernel

#: At batch size 30 an epoch of 100 samples is 4 steps.
N_STEPS = 4
EPOCH_SECONDS = N_STEPS * (ENQUEUE_SECONDS + STEP_SECONDS)
#: A half-width that no median is known to.
NEVER = -1.0


def case_of(kernel: TrainKernel, batch_size: int = 30) -> TrainingCase:
    workload = data.load("synthetic-100x3")
    return TrainingCase(workload, kernel, "cpu(0)", "inmemory", batch_size)


def measured(device: FakeDevice, **settings: Any) -> Measurement:
    protocol = Protocol(**{"epochs": 3, "seconds_per_case": 1.0, **settings})
    return measure_training(case_of(FakeSgd(device)), protocol, Instruments(device.clock))


def test_every_epoch_is_a_round_that_starts_and_ends_drained(device: FakeDevice) -> None:
    rounds = measured(device).rounds
    assert len(rounds) == 3
    assert {one.drained_seconds for one in rounds} == {EPOCH_SECONDS}
    assert {one.enqueued_seconds for one in rounds} == {N_STEPS * ENQUEUE_SECONDS}
    assert {one.iterations for one in rounds} == {1}


@pytest.mark.parametrize("trainings", [1, 2, 5])
def test_trainings_are_repeated_whole_until_enough_is_timed(
    device: FakeDevice, trainings: int
) -> None:
    enough = (3 * trainings - 1) * EPOCH_SECONDS
    rounds = measured(device, seconds_per_case=enough, target=NEVER).rounds
    assert len(rounds) == 3 * trainings


def test_exactly_enough_is_enough(device: FakeDevice) -> None:
    assert len(measured(device, seconds_per_case=3 * EPOCH_SECONDS).rounds) == 3


def test_no_training_starts_above_the_largest_number_of_rounds(device: FakeDevice) -> None:
    few = measured(device, seconds_per_case=999.0, max_rounds=7, target=NEVER)
    assert len(few.rounds) == 9
    assert few.facts["stopped"] == "rounds"


def test_no_training_starts_once_the_median_is_known(device: FakeDevice) -> None:
    known = measured(device, seconds_per_case=1e6)
    assert len(known.rounds) == 12  # the first whole training with ten equal rounds
    assert (known.facts["stopped"], known.facts["half_width"]) == ("precise", 0.0)


def test_where_the_losses_are_known_a_training_may_end_early(device: FakeDevice) -> None:
    one = measured(device, seconds_per_case=1e-9, alone=False)
    assert len(one.rounds) == 1
    assert one.facts["stopped"] == "budget"


def test_the_losses_are_those_of_the_reference(device: FakeDevice) -> None:
    facts = measured(device, seconds_per_case=1e3).facts
    case = case_of(FakeSgd(device))
    plan = plan_training(case.workload, 30, Protocol(epochs=3, seconds_per_case=1e3))
    start = np.append(plan.start.weight, plan.start.bias)
    thetas = (start, *(expected.theta for expected in plan.expected))
    expected = [case.workload.loss(theta[:-1], float(theta[-1])) for theta in thetas]
    assert facts["loss_by_epoch"] == pytest.approx(expected, rel=1e-5)
    assert len(facts["loss_by_epoch"]) == 3 + 1
    assert facts["loss_initial"] == facts["loss_by_epoch"][0]
    assert facts["loss"] == facts["loss_by_epoch"][-1]
    assert facts["loss_by_epoch"] == sorted(facts["loss_by_epoch"], reverse=True)


def test_the_facts_say_all_that_the_run_file_promises(device: FakeDevice) -> None:
    measurement = measured(device, schedule="power:-0.1", seed=5, learning_rate=0.1)
    facts = measurement.facts
    assert set(facts) >= REQUIRED
    assert facts["verified"] is True
    assert facts["case"] == "epoch"
    identity = ("workload", "kernel", "backend", "operator", "device", "loader", "batch_size")
    assert [facts[key] for key in identity] == [
        "synthetic-100x3",
        "fake.sgd",
        "fake",
        "numpy",
        "cpu(0)",
        "inmemory",
        30,
    ]
    settings = ("n_samples", "n_features", "epochs", "learning_rate", "schedule", "seed")
    assert [facts[key] for key in settings] == [100, 3, 3, 0.1, "power:-0.1", 5]
    assert facts["seconds_per_epoch"] == EPOCH_SECONDS
    assert facts["samples_per_second"] == 100 / EPOCH_SECONDS
    assert facts["enqueued_seconds"] == N_STEPS * ENQUEUE_SECONDS
    assert facts["enqueued_data"] == [N_STEPS * ENQUEUE_SECONDS] * 3
    assert 0 < facts["gate"]["worst_ratio"] <= 1
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert measurement.group == "epoch synthetic-100x3 cpu(0) inmemory B30"


def test_seconds_per_epoch_is_the_median_not_the_mean(device: FakeDevice) -> None:
    class Stumbles(FakeSgd):
        """One step in a hundred takes very long."""

        def step(self, state: Any, X: Any, y: Any, eta: float) -> None:
            self.applied += 1
            self.seconds_per_step = 1e6 if self.applied % 100 == 50 else STEP_SECONDS
            super().step(state, X, y, eta)

    protocol = Protocol(epochs=3, seconds_per_case=1e4)
    measurement = measure_training(
        case_of(Stumbles(device)), protocol, Instruments(device.clock)
    )
    assert measurement.facts["seconds_per_epoch"] == EPOCH_SECONDS


class GoesWrong(FakeSgd):
    """Right for a number of steps, then off by a factor in the learning rate."""

    right_steps = 0

    def apply(self, state: Any, X: Any, y: Any, eta: float) -> None:
        late = self.applied >= self.right_steps
        super().apply(state, X, y, eta * 1.1 if late else eta)


@pytest.mark.parametrize(
    ("epochs_before", "number"), [(0, 1), (1, 2), (2, 3), (3, 1), (4, 2), (5, 3)]
)
def test_a_kernel_that_goes_wrong_after_the_gate_fails_after_that_timed_epoch(
    device: FakeDevice, epochs_before: int, number: int
) -> None:
    counting = FakeSgd(device)
    protocol = Protocol(epochs=3, seconds_per_case=4 * EPOCH_SECONDS, phases=False)
    measurement = measure_training(case_of(counting), protocol, Instruments(device.clock))
    n_timed = len(measurement.rounds)
    assert n_timed == 6
    before_timing = counting.applied - n_timed * N_STEPS

    kernel = GoesWrong(device)
    kernel.right_steps = before_timing + epochs_before * N_STEPS
    with pytest.raises(GateError, match=f"after timed epoch {number} its parameters are"):
        measure_training(case_of(kernel), protocol, Instruments(device.clock))


def test_a_kernel_that_turns_to_nan_while_it_is_timed_fails(device: FakeDevice) -> None:
    class TurnsToNaN(FakeSgd):
        def apply(self, state: Any, X: Any, y: Any, eta: float) -> None:
            gated = self.resets > 2  # the gate resets twice
            super().apply(state, X, y, math.nan if gated else eta)

    protocol = Protocol(epochs=1, seconds_per_case=1.0)
    with pytest.raises(GateError, match="after timed epoch 1 its parameters are nan"):
        measure_training(case_of(TurnsToNaN(device)), protocol, Instruments(device.clock))


def test_too_large_a_learning_rate_is_refused_before_anything_is_prepared(
    device: FakeDevice,
) -> None:
    kernel = FakeSgd(device)
    protocol = Protocol(epochs=3, seconds_per_case=1.0, learning_rate=100.0)
    with pytest.raises(DivergedError, match="give a smaller --learning-rate"):
        measure_training(case_of(kernel), protocol, Instruments(device.clock))
    assert kernel.prepared == 0


def test_what_the_warm_up_took_is_told(device: FakeDevice) -> None:
    warmed = measured(device).facts["warm_up"]
    assert {
        "calls": 1,  # so long a call is enough
        "seconds": EPOCH_SECONDS,
        "settled": False,
        "settled_seconds": EPOCH_SECONDS,
        "excess_seconds": 0.0,
        "page_faults": None,
    }.items() <= warmed.items()
    assert warmed["allocation_seconds"] > 0
    assert warmed["first_step_seconds"] > 0


class CostlyClock(FakeDevice):
    """A device whose clock takes time to read."""

    CLOCK_SECONDS = 2.0**-10

    def clock(self) -> float:
        self.now += self.CLOCK_SECONDS
        return super().clock()


@pytest.fixture
def costly(monkeypatch: pytest.MonkeyPatch) -> CostlyClock:
    device = CostlyClock()
    monkeypatch.setitem(BACKENDS, FakeBackend.name, FakeBackend(device))
    return device


class Quick(FakeSgd):
    """An epoch takes no longer than reading the clock a few hundred times."""

    def __init__(self, device: FakeDevice) -> None:
        super().__init__(device)
        self.seconds_per_step = 0.0
        self.epochs: list[int] = []

    def epoch(self, state: Any, order: Any, learning_rates: Any) -> None:
        self.epochs.append(len(self.device.queue))
        super().epoch(state, order, learning_rates)


def fast(device: FakeDevice) -> Instruments:
    """A clock by which an epoch takes half a millisecond."""
    return Instruments(lambda: device.clock() / 1024)


def test_a_short_epoch_is_timed_with_those_that_follow_each_awaited(
    costly: CostlyClock,
) -> None:
    kernel = Quick(costly)
    protocol = Protocol(epochs=3, seconds_per_case=1e-9, phases=False)
    measured = measure_training(case_of(kernel), protocol, fast(costly))
    one = measured.rounds[-1]
    seconds = N_STEPS * ENQUEUE_SECONDS / 1024
    unseen = 2 * CostlyClock.CLOCK_SECONDS / 1024
    assert one.iterations == math.ceil(RULE.min_round_seconds / (seconds + unseen)) == 5
    assert one.drained_seconds == pytest.approx(one.iterations * seconds + unseen, rel=1e-6)
    # So the clock is within a thousandth of what is reported, and every epoch awaited.
    assert measured.facts["seconds_per_epoch"] == pytest.approx(seconds, rel=1.1e-3)
    assert not any(kernel.epochs[-one.iterations :])
    assert len(measured.facts["enqueued_data"]) == 10
    assert len(measured.facts["loss_by_epoch"]) == 3 + 1


def test_epochs_are_trained_before_the_clock_starts_from_the_same_start(
    costly: CostlyClock,
) -> None:
    kernel = Quick(costly)
    protocol = Protocol(epochs=3, seconds_per_case=1e-9, phases=False, alone=False)
    before = len(measure_training(case_of(kernel), protocol, fast(costly)).rounds)
    assert before == 1
    # The gate (3 steps, an epoch), three to get warm, the losses, three and five, enqueued.
    assert len(kernel.epochs) == 4 + 3 + 3 + (3 + 5) + 2 * 10


def test_what_an_empty_kernel_takes_is_told_and_not_subtracted(costly: CostlyClock) -> None:
    protocol = Protocol(epochs=3, seconds_per_case=1e-9)
    measured = measure_training(case_of(FakeSgd(costly)), protocol, Instruments(costly.clock))
    unseen = 2 * CostlyClock.CLOCK_SECONDS
    assert measured.facts["overhead"] == {"seconds_per_round": unseen, "seconds_per_call": 0.0}
    assert measured.facts["seconds_per_epoch"] == EPOCH_SECONDS + unseen
    assert measured.facts["overhead_share"] == unseen / (EPOCH_SECONDS + unseen)


def test_a_short_epoch_that_goes_wrong_in_the_middle_of_a_round_fails(
    costly: CostlyClock,
) -> None:
    class GoesWrongLate(Quick):
        def epoch(self, state: Any, order: Any, learning_rates: Any) -> None:
            super().epoch(state, order, learning_rates)
            if len(self.epochs) == 4 + 3 + 3 + (3 + 2):  # the second in the clock
                self.device.enqueue(lambda: np.negative(state.w, out=state.w), 0.0)

    kernel = GoesWrongLate(costly)
    protocol = Protocol(epochs=3, seconds_per_case=1.0)
    with pytest.raises(GateError, match="after timed epoch 8 its parameters"):
        measure_training(case_of(kernel), protocol, fast(costly))


def test_a_rate_that_lets_a_long_round_diverge_is_made_smaller_for_it() -> None:
    # In the order in which they lie, the samples make this rate diverge, but slowly.
    case = TrainingCase(data.load("airfoil"), NumpyClosedForm(), "cpu(0)", "inmemory", 200)
    protocol = Protocol(epochs=2, seconds_per_case=1e-9, sampling="sequential")
    with pytest.raises(DivergedError):
        plan_training(case.workload, 200, protocol, repeats=1000)
    timer = RoundTimer(lambda: None, Instruments())
    short = plan_training(case.workload, 200, protocol)
    plan = _Training(case, protocol, short, None, timer)._longer(2000)
    assert len(plan.expected) >= 2000
    assert plan.learning_rates[-1][0] == pytest.approx(protocol.eta(case.workload, 200) / 10)
    assert measure_training(case, protocol, Instruments()).facts["learning_rate"] == 1.0
