from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import data
from bench.convergence import step_counts
from bench.convergence.step_counts import Statistics
from bench.convergence.tuning import Setting
from bench.measure import target
from bench.measure.gate import GateError, TrainingCase
from bench.measure.protocol import Protocol
from bench.measure.rounds import Instruments
from bench.measure.rule import RULE
from bench.measure.target import MissedError, measure_target, plan_to_target
from tests.measure.fake_device import ENQUEUE_SECONDS, STEP_SECONDS, FakeDevice, FakeSgd

if TYPE_CHECKING:
    from pathlib import Path

    from bench.measure.measurement import Measurement

WORKLOAD, SIZE = "synthetic-100x3", 30
#: Steps of an epoch.
PER_EPOCH = 4


@pytest.fixture(autouse=True)
def _own_cache(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "FOLDER", shared / "targets")
    assert shared != step_counts.FOLDER


def measured(device: FakeDevice, kernel: FakeSgd | None = None, **settings: Any) -> Measurement:
    protocol = Protocol(**{"epochs": 3, "seconds_per_case": 1.0, **settings})
    case = TrainingCase(
        data.load(WORKLOAD), kernel or FakeSgd(device), "cpu(0)", "inmemory", SIZE
    )
    return measure_target(case, protocol, Instruments(device.clock))


def test_a_round_is_a_whole_training_without_the_reset(device: FakeDevice) -> None:
    result = measured(device)
    steps = result.facts["steps_to_target"]
    assert steps > PER_EPOCH
    assert {one.drained_seconds for one in result.rounds} == {
        steps * (ENQUEUE_SECONDS + STEP_SECONDS)
    }
    assert len(result.rounds) == RULE.min_rounds
    assert result.facts["seconds_to_target"] == result.rounds[0].drained_seconds


def test_the_training_ends_near_the_target(device: FakeDevice) -> None:
    facts = measured(device).facts
    assert facts["target_loss"] == pytest.approx(1.01 * facts["loss_optimum"])
    assert facts["loss"] == pytest.approx(facts["target_loss"], rel=0.02)
    assert facts["verified"] is True
    assert facts["missed_seeds"] < facts["seeds"]


def test_a_nearer_target_takes_more_steps(device: FakeDevice) -> None:
    near, far = (measured(device, tolerance=tolerance).facts for tolerance in (0.02, 0.1))
    assert near["steps_to_target"] > far["steps_to_target"]


class GoesWrongLate(FakeSgd):
    """Right for as long as the gate looks, and a little longer."""

    def epoch(self, state: Any, order: Any, learning_rates: Any) -> None:
        super().epoch(state, order, learning_rates)
        self.applied += 1
        if self.applied > 25:
            state.w += 0.5


def test_a_kernel_that_goes_wrong_in_a_timed_training_fails(device: FakeDevice) -> None:
    with pytest.raises(GateError, match="after the training to the target"):
        measured(device, GoesWrongLate(device), seconds_per_case=1e6)


def test_a_target_that_is_never_reached_is_a_miss(
    device: FakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    hopeless = Setting(tolerance=1e-6, most_epochs=1)
    monkeypatch.setattr(target, "setting_of", lambda *given: hopeless)
    with pytest.raises(MissedError, match=r"not within 0\.0001% of the optimum after 3 steps"):
        measured(device)


def test_the_last_epoch_is_cut_short_where_the_target_is(tmp_path: Path) -> None:
    workload, setting = data.load(WORKLOAD), Setting()
    needed = Statistics(workload, setting, tmp_path).at(SIZE)
    plan = plan_to_target(workload, needed, setting)
    n_steps = [len(rates) for rates in plan.learning_rates]
    assert sum(n_steps) == needed.whole_steps
    assert n_steps[:-1] == [PER_EPOCH] * (len(n_steps) - 1)
    assert len(plan.orders[-1]) == min(100, n_steps[-1] * SIZE)
    assert len(plan.expected) == len(plan.orders)
