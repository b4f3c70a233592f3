from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from bench.measure.calibration import calibrate, seconds_in_a_row
from bench.measure.gate import GateError
from bench.measure.protocol import Protocol
from bench.measure.rounds import Instruments, time_round
from bench.measure.rule import RULE
from bench.measure.update import UpdateCase, measure_update
from kernels.defaults import UpdateDefaults
from kernels.update.in_place_expression import InPlaceExpression
from kernels.update.sgd_update import KERNEL as SGD_UPDATE
from tests.measure.fake_device import ENQUEUE_SECONDS, FakeDevice
from tests.measure.required_facts import REQUIRED

if TYPE_CHECKING:
    from bench.measure.measurement import Measurement

N = 1000


class FakeUpdate(UpdateDefaults):
    """``w - eta g`` on the fake device; broken kernels override ``apply``."""

    name = "fake.update"
    backend = "fake"
    operator = "numpy"
    bytes_per_parameter = 20

    def __init__(self, device: FakeDevice, seconds: float = 2.0) -> None:
        self.device, self.seconds = device, seconds
        self.updates = 0

    def prepare(self, device: str, weights: Any, gradients: Any, eta: float) -> dict[str, Any]:
        (weight,), (gradient,) = weights, gradients
        return {"w": weight.copy(), "g": gradient.copy(), "eta": np.float32(eta)}

    def update(self, state: dict[str, Any]) -> None:
        self.device.enqueue(lambda: self.apply(state), self.seconds)
        self.device.now -= ENQUEUE_SECONDS - self.seconds / 4

    def apply(self, state: dict[str, Any]) -> None:
        self.updates += 1
        state["w"] -= state["eta"] * state["g"]

    def parameters(self, state: dict[str, Any]) -> Any:
        self.device.drain()
        return [state["w"].copy()]


def measured(kernel: Any, clock: Any, n_parameters: int = N, **settings: Any) -> Measurement:
    case = UpdateCase(kernel, "cpu(0)", n_parameters)
    protocol = Protocol(**{"epochs": 1, "seconds_per_case": 0.0001, **settings})
    return measure_update(case, protocol, Instruments(clock))


class WrongSign(FakeUpdate):
    def apply(self, state: dict[str, Any]) -> None:
        state["w"] += state["eta"] * state["g"]


class OnePercentMore(FakeUpdate):
    def apply(self, state: dict[str, Any]) -> None:
        state["w"] -= np.float32(1.01) * state["eta"] * state["g"]


class DoesNothing(FakeUpdate):
    def apply(self, state: dict[str, Any]) -> None:
        pass


class LeavesOutTheLast(FakeUpdate):
    def apply(self, state: dict[str, Any]) -> None:
        state["w"][:-1] -= state["eta"] * state["g"][:-1]


class DecaysTheWeight(FakeUpdate):
    def apply(self, state: dict[str, Any]) -> None:
        super().apply(state)
        state["w"] *= np.float32(1 - 1e-5)


class UpdatesOnce(FakeUpdate):
    """Writes to an array that the next update does not read."""

    def prepare(self, device: str, weights: Any, gradients: Any, eta: float) -> dict[str, Any]:
        return {**super().prepare(device, weights, gradients, eta), "first": weights[0]}

    def apply(self, state: dict[str, Any]) -> None:
        state["w"] = state["first"] - state["eta"] * state["g"]


class DoesNotWait(FakeUpdate):
    def parameters(self, state: dict[str, Any]) -> Any:
        return [state["w"].copy()]


class GivesNaN(FakeUpdate):
    def parameters(self, state: dict[str, Any]) -> Any:
        (weight,) = super().parameters(state)
        weight[N // 2] = np.nan
        return [weight]


@pytest.mark.parametrize(
    "broken",
    [
        WrongSign,
        OnePercentMore,
        DoesNothing,
        LeavesOutTheLast,
        DecaysTheWeight,
        UpdatesOnce,
        DoesNotWait,
        GivesNaN,
    ],
)
def test_a_broken_kernel_fails_and_is_never_timed(
    device: FakeDevice, broken: type[FakeUpdate]
) -> None:
    with pytest.raises(
        GateError, match=r"fake\.update on cpu\(0\) \(1000 parameters\) is wrong, so it is not"
    ):
        measured(broken(device), device.clock)
    assert device.clock_reads == 0


def test_a_kernel_that_goes_wrong_while_it_is_timed_fails_at_the_end(
    device: FakeDevice,
) -> None:
    class GoesWrong(FakeUpdate):
        def apply(self, state: dict[str, Any]) -> None:
            if self.updates == RULE.gate_updates + 2 + RULE.min_rounds - 1:
                state["w"][0] += 1.0
            super().apply(state)

    with pytest.raises(GateError, match=f"after update {RULE.min_rounds} a parameter is"):
        measured(GoesWrong(device), device.clock)


@pytest.mark.parametrize("n_parameters", [1, 5, 10_000])
def test_a_correct_kernel_is_timed_at_every_size(device: FakeDevice, n_parameters: int) -> None:
    measurement = measured(FakeUpdate(device), device.clock, n_parameters)
    assert len(measurement.rounds) == RULE.min_rounds
    assert {one.drained_seconds for one in measurement.rounds} == {0.5 + 2.0}
    assert {one.enqueued_seconds for one in measurement.rounds} == {0.5}


@pytest.mark.parametrize("seconds", [4.0, 1e-3, 3e-5, 1e-6])
def test_iterations_grow_until_a_round_is_long_enough(
    device: FakeDevice, seconds: float
) -> None:
    rounds = measured(FakeUpdate(device, seconds), device.clock).rounds
    one_update = 1.25 * seconds
    assert len({one.iterations for one in rounds}) == 1
    (iterations,) = {one.iterations for one in rounds}
    assert iterations * one_update >= RULE.min_round_seconds * 0.999
    # No longer than needed.
    assert iterations == 1 or (iterations - 1) * one_update <= 1.001 * RULE.min_round_seconds
    assert rounds[0].drained_seconds == pytest.approx(iterations * one_update, rel=1e-6)


def test_of_updates_in_a_row_the_wait_for_the_device_counts_once(device: FakeDevice) -> None:
    def drain() -> None:
        device.drain()
        device.now += waiting_seconds

    update_seconds, waiting_seconds = 2.0**-17, 2.0**-14
    work = partial(device.enqueue, lambda: None, update_seconds - ENQUEUE_SECONDS)
    instruments = Instruments(device.clock)
    alone = time_round(work, drain, instruments).drained_seconds
    assert alone == pytest.approx(update_seconds + waiting_seconds)
    seconds = seconds_in_a_row(work, drain, instruments, alone)
    assert seconds == pytest.approx(update_seconds)
    iterations = calibrate(seconds).iterations
    one = time_round(work, drain, instruments, iterations)
    assert RULE.min_round_seconds <= one.drained_seconds < 1.1 * RULE.min_round_seconds


def test_a_clock_that_stands_still_does_not_hold_the_suite_up() -> None:
    seconds = seconds_in_a_row(lambda: None, lambda: None, Instruments(lambda: 0.0), 0.0)
    assert calibrate(seconds).iterations == 1


def test_rounds_are_repeated_until_enough_is_timed(device: FakeDevice) -> None:
    never: dict[str, Any] = {"target": -1.0}
    many = measured(FakeUpdate(device), device.clock, seconds_per_case=49.9, **never)
    assert len(many.rounds) == 20
    few = measured(
        FakeUpdate(device), device.clock, seconds_per_case=99.0, max_rounds=15, **never
    )
    assert len(few.rounds) == 15


def test_the_facts_give_times_and_bytes_of_one_update(device: FakeDevice) -> None:
    measurement = measured(FakeUpdate(device, 2.0**-12), device.clock, seed=3)
    facts = measurement.facts
    assert set(facts) >= REQUIRED
    assert facts["case"] == "update"
    assert facts["verified"] is True
    assert (facts["kernel"], facts["device"], facts["operator"]) == (
        "fake.update",
        "cpu(0)",
        "numpy",
    )
    assert facts["seconds_per_update"] == pytest.approx(1.25 * 2**-12)
    assert facts["enqueued_seconds"] == pytest.approx(0.25 * 2**-12)
    assert (facts["n_parameters"], facts["seed"]) == (N, 3)
    assert (facts["bytes_minimum"], facts["bytes_moved"]) == (12 * N, 20 * N)
    seconds = facts["seconds_per_update"]
    assert facts["useful_bytes_per_second"] == 12 * N / seconds
    assert facts["moved_bytes_per_second"] == 20 * N / seconds
    assert (facts["learning_rate"], facts["gate"]["steps"]) == (
        RULE.update_learning_rate,
        RULE.gate_updates,
    )
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert measurement.group == "update cpu(0) P1000 T1"


class TwiceOnMXNet(InPlaceExpression):
    def update(self, state: Any) -> None:
        state.w[0] -= 2 * state.eta * state.g[0]


class FromAnOldCopyOnMXNet(InPlaceExpression):
    def prepare(self, device: str, weights: Any, gradients: Any, eta: float) -> Any:
        state = super().prepare(device, weights, gradients, eta)
        state.apply = state.w[0].copy()
        return state

    def update(self, state: Any) -> None:
        state.w[0] = state.apply - state.eta * state.g[0]


@pytest.mark.parametrize("broken", [TwiceOnMXNet, FromAnOldCopyOnMXNet])
def test_a_broken_kernel_on_mxnet_fails(broken: type[InPlaceExpression]) -> None:
    reads: list[None] = []

    def clock() -> float:
        reads.append(None)
        return 0.0

    with pytest.raises(GateError, match="so it is not timed"):
        measured(broken(), clock)
    assert not reads


def test_a_correct_kernel_on_mxnet_is_timed() -> None:
    ticks = iter(range(10**6))
    measurement = measured(SGD_UPDATE, lambda: float(next(ticks)))
    assert {one.drained_seconds for one in measurement.rounds} == {2.0}
    assert measurement.facts["verified"] is True
