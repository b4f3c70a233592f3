from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

import data
from bench.measure.gate import GateError, TrainingCase
from bench.measure.notebook import measure_notebook
from bench.measure.protocol import PUBLISHED, Protocol, Published, plan_training, published
from bench.measure.rounds import Instruments
from tests.measure.fake_device import ENQUEUE_SECONDS, STEP_SECONDS, FakeDevice, FakeSgd, Twice
from tests.measure.required_facts import REQUIRED

if TYPE_CHECKING:
    from bench.measure.measurement import Measurement

#: 250 samples in batches of 10: losses after 10 and 20 steps, 5 steps after the last.
WORKLOAD = "synthetic-250x3"
SETTING = Published("fake.sgd", 10, 0.05, 2, 0.125, 3.5)


def measured(kernel: FakeSgd, device: FakeDevice, repeats: int = 1, **more: Any) -> Measurement:
    case = TrainingCase(data.load(WORKLOAD), kernel, "cpu(0)", "dataloader", 10)
    protocol = Protocol(epochs=7, seconds_per_case=1.0, notebook_repeats=repeats, **more)
    return measure_notebook(case, SETTING, protocol, Instruments(device.clock))


def test_seconds_are_of_the_last_epoch_and_leave_out_what_is_still_in_the_queue(
    device: FakeDevice,
) -> None:
    facts = measured(FakeSgd(device), device).facts
    # The first loss of the second epoch waits for the 5 steps that the first one left.
    steps = 25 * ENQUEUE_SECONDS + (5 + 20) * STEP_SECONDS
    assert facts["seconds_per_epoch"] == steps
    assert facts["samples_per_second"] == 250 / steps


def test_the_loss_is_taken_at_the_start_then_every_100_samples(device: FakeDevice) -> None:
    facts = measured(FakeSgd(device), device).facts
    losses, seconds = facts["loss_every_100_samples"], facts["seconds_every_100_samples"]
    assert len(losses) == len(seconds) == 1 + 2 * 2
    of_ten_steps = 10 * (ENQUEUE_SECONDS + STEP_SECONDS)
    of_an_epoch = 25 * ENQUEUE_SECONDS + 20 * STEP_SECONDS
    first = [of_ten_steps, 2 * of_ten_steps]
    second = [of_an_epoch + 5 * STEP_SECONDS + s for s in first]
    assert list(seconds) == [0.0, *first, *second]
    assert facts["loss_initial"] == losses[0]
    assert facts["loss"] == losses[-1]


def test_the_losses_are_those_of_float64(device: FakeDevice) -> None:
    workload = data.load(WORKLOAD)
    facts = measured(FakeSgd(device), device).facts
    plan = plan_training(
        workload, 10, Protocol(epochs=2, seconds_per_case=1.0, learning_rate=0.05)
    )
    w, b = plan.start.weight.astype(float), plan.start.bias
    losses = [workload.loss(w, b)]
    for order in plan.orders:
        for first in range(0, 250, 10):
            index = order[first : first + 10]
            r = workload.features[index] @ w + b - workload.labels[index]
            w, b = w - 0.05 * workload.features[index].T @ r / 10, b - 0.05 * r.mean()
            if first in (90, 190):
                losses.append(workload.loss(w, b))
    assert facts["loss_every_100_samples"] == pytest.approx(losses, rel=1e-4)


class OtherSpeedEachTraining(FakeSgd):
    """Prepared for the gate once, then for every training."""

    seconds = (5.0, 1.0, 3.0, 4.0, 2.0)

    def prepare(self, *arguments: Any) -> Any:
        number = self.prepared - 1
        self.seconds_per_step = self.seconds[number] if number >= 0 else 1.0
        return super().prepare(*arguments)


@pytest.mark.parametrize(("repeats", "median"), [(1, 0), (3, 2), (4, 2), (5, 2)])
def test_what_is_printed_is_one_training_the_one_of_median_seconds(
    device: FakeDevice, repeats: int, median: int
) -> None:
    kernel = OtherSpeedEachTraining(device)
    measurement = measured(kernel, device, repeats)
    facts = measurement.facts
    seconds = [25 * ENQUEUE_SECONDS + 25 * step for step in kernel.seconds[:repeats]]
    assert [one.drained_seconds for one in measurement.rounds] == seconds
    assert facts["seconds_per_epoch"] == seconds[median]
    assert facts["loss"] == facts["loss_by_training"][median]
    assert len(set(facts["loss_by_training"])) == len(facts["loss_by_training"]) == repeats
    assert facts["printed"] == (
        f"loss: {facts['loss']:.6f}, {seconds[median]:.6f} sec per epoch"
    )


def test_each_training_has_a_seed_of_its_own_counted_from_the_first(
    device: FakeDevice,
) -> None:
    losses = measured(FakeSgd(device), device, 3).facts["loss_by_training"]
    later = measured(FakeSgd(device), device, 2, seed=1).facts
    assert later["loss_by_training"] == losses[1:]
    assert later["seed"] == 1


def test_the_facts_put_the_published_figures_beside_ours(device: FakeDevice) -> None:
    measurement = measured(FakeSgd(device), device, 2)
    facts = measurement.facts
    assert set(facts) >= REQUIRED
    assert facts["case"] == facts["protocol"] == "notebook"
    assert facts["verified"] is True
    assert facts["published"] == asdict(SETTING)
    assert (facts["learning_rate"], facts["epochs"], facts["batch_size"]) == (0.05, 2, 10)
    assert json.loads(json.dumps(facts, allow_nan=False))["loss"] == facts["loss"]
    assert measurement.group == "notebook synthetic-250x3 cpu(0)"


def test_the_options_of_a_training_do_not_change_the_published_setting(
    device: FakeDevice,
) -> None:
    plain = measured(FakeSgd(device), device).facts
    other = measured(FakeSgd(device), device, learning_rate=0.2, schedule="step:10,1").facts
    assert other["loss_every_100_samples"] == plain["loss_every_100_samples"]


def test_a_broken_kernel_fails_and_is_never_timed(device: FakeDevice) -> None:
    with pytest.raises(GateError, match="so it is not timed"):
        measured(Twice(device), device)
    assert device.clock_reads == 0


def test_a_kernel_that_goes_wrong_while_it_is_timed_fails(device: FakeDevice) -> None:
    class GoesWrong(FakeSgd):
        def apply(self, state: Any, X: Any, y: Any, eta: float) -> None:
            super().apply(state, X, y, eta if device.clock_reads == 0 else 2 * eta)

    with pytest.raises(GateError, match="after the notebook's training"):
        measured(GoesWrong(device), device)


def test_the_published_figures_are_those_of_the_notebook() -> None:
    figures = {
        (one.batch_size, one.learning_rate, one.epochs): (one.loss, one.seconds_per_epoch)
        for one in PUBLISHED
        if one.kernel == "nd.autograd"
    }
    assert figures == {
        (1500, 1.0, 6): (0.256381, 0.022584),
        (1, 0.005, 2): (0.257966, 1.866395),
        (10, 0.05, 2): (0.259893, 0.239172),
    }


def test_only_the_notebooks_settings_have_published_figures() -> None:
    assert published("nd.autograd", 10) in PUBLISHED
    assert published("nd.autograd", 100) is None
    assert published("nd.closed_form", 10) is None
