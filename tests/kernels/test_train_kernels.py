"""One suite for every training kernel, whatever its file: all must match the reference."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np
import pytest

from kernels import reference, sampling
from kernels.reference import Reference
from tests.kernels.trainings import DEVICE, SEED, assert_matches, order_of, rates_of, start_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload
    from kernels.contract import TrainKernel

    Generate = Callable[[str], Workload]

#: Batch sizes that divide the epoch and that don't; that are the epoch, and that exceed it.
CASES = [
    *(("synthetic-23x4", batch_size) for batch_size in (1, 3, 7, 22, 23, 30)),
    *(("synthetic-21x1", batch_size) for batch_size in (1, 3, 7, 20, 21)),
    *(("synthetic-50x32", batch_size) for batch_size in (1, 3, 7, 50)),
    ("synthetic-600x32", 128),
    ("synthetic-3000x4", 1000),
    ("synthetic-3000x4", 2999),
]
#: With a short last batch and without; one batch; more samples than that.
FEW_CASES = [
    *(("synthetic-23x4", batch_size) for batch_size in (1, 7, 23)),
    ("synthetic-600x32", 128),
]
WRITTEN_SCHEDULES = ("constant", "power:-0.5", "exponential:0.8", "step:3,1")


@pytest.mark.parametrize(("name", "batch_size"), FEW_CASES)
def test_after_every_step(
    train_kernel: TrainKernel,
    loader: str,
    name: str,
    batch_size: int,
    small_workload: Generate,
) -> None:
    workload = small_workload(name)
    order = order_of(workload, train_kernel)
    rates = rates_of(workload, train_kernel, batch_size, "power:-0.5")
    start = start_of(workload)
    state = train_kernel.prepare(workload, DEVICE, batch_size, loader, start)
    expected = Reference.start(start)
    for step, eta in enumerate(rates):
        batch = order[step * batch_size : (step + 1) * batch_size]
        train_kernel.epoch(state, batch, array("d", [eta]))
        expected = reference.epoch(
            expected, workload, batch, batch_size, [eta], train_kernel.rule
        )
        assert_matches(expected, train_kernel.parameters(state))


def assert_an_epoch_matches(
    kernel: TrainKernel, loader: str, workload: Workload, batch_size: int
) -> None:
    order = order_of(workload, kernel)
    rates = rates_of(workload, kernel, batch_size, "constant")
    start = start_of(workload)
    state = kernel.prepare(workload, DEVICE, batch_size, loader, start)
    kernel.epoch(state, order, rates)
    expected = reference.epoch(
        Reference.start(start), workload, order, batch_size, rates, kernel.rule
    )
    assert_matches(expected, kernel.parameters(state))


@pytest.mark.parametrize(("name", "batch_size"), CASES)
def test_after_an_epoch(
    train_kernel: TrainKernel,
    loader: str,
    name: str,
    batch_size: int,
    small_workload: Generate,
) -> None:
    assert_an_epoch_matches(train_kernel, loader, small_workload(name), batch_size)


@pytest.mark.parametrize(("name", "batch_size"), FEW_CASES)
def test_after_an_epoch_with_another_loader(
    train_kernel: TrainKernel,
    another_loader: str,
    name: str,
    batch_size: int,
    small_workload: Generate,
) -> None:
    assert_an_epoch_matches(train_kernel, another_loader, small_workload(name), batch_size)


@pytest.mark.parametrize("sampled", sampling.SAMPLINGS)
@pytest.mark.parametrize("text", WRITTEN_SCHEDULES)
def test_epochs_under_a_schedule(
    train_kernel: TrainKernel,
    loader: str,
    text: str,
    sampled: sampling.Sampling,
    small_workload: Generate,
) -> None:
    workload, batch_size = small_workload("synthetic-23x4"), 5
    rng = np.random.default_rng(SEED)
    start = start_of(workload)
    state = train_kernel.prepare(workload, DEVICE, batch_size, loader, start)
    expected = Reference.start(start)
    how = sampled if train_kernel.shuffles else "sequential"
    for epoch in range(3):
        order = sampling.draw_order(rng, workload.n_samples, how)
        rates = rates_of(workload, train_kernel, batch_size, text, epoch)
        train_kernel.epoch(state, order, rates)
        expected = reference.epoch(
            expected, workload, order, batch_size, rates, train_kernel.rule
        )
        assert_matches(expected, train_kernel.parameters(state))


def test_parameters_before_the_first_step_are_the_start(
    train_kernel: TrainKernel, loader: str, small_workload: Generate
) -> None:
    workload = small_workload("synthetic-23x4")
    start = start_of(workload)
    weight, bias = train_kernel.parameters(
        train_kernel.prepare(workload, DEVICE, 5, loader, start)
    )
    assert weight.shape == (workload.n_features,)
    assert weight.dtype == np.float32
    assert type(bias) is float
    np.testing.assert_array_equal(weight, start.weight)
    assert bias == start.bias


@pytest.mark.parametrize("name", ["synthetic-21x1", "synthetic-50x32"])
def test_training_loss_is_the_loss_of_all_samples(
    train_kernel: TrainKernel, loader: str, name: str, small_workload: Generate
) -> None:
    training_loss = getattr(train_kernel, "training_loss", None)
    if training_loss is None:
        pytest.skip("this kernel has no training_loss: the notebook's protocol leaves it out")
    workload = small_workload(name)
    state = train_kernel.prepare(workload, DEVICE, 5, loader, start_of(workload))
    for _ in range(2):
        expected = workload.loss(*train_kernel.parameters(state))
        assert training_loss(state) == pytest.approx(expected, rel=1e-5)
        rates = rates_of(workload, train_kernel, 5, "constant")
        train_kernel.epoch(state, order_of(workload, train_kernel), rates)


def test_two_states_are_independent(
    train_kernel: TrainKernel, each_loader: str, small_workload: Generate
) -> None:
    workload = small_workload("synthetic-23x4")
    start = start_of(workload)
    trained = train_kernel.prepare(workload, DEVICE, 5, each_loader, start)
    other = train_kernel.prepare(workload, DEVICE, 5, each_loader, start)
    rates = rates_of(workload, train_kernel, 5, "constant")
    train_kernel.epoch(trained, order_of(workload, train_kernel), rates)
    after = train_kernel.parameters(trained)
    weight, bias = train_kernel.parameters(other)
    assert (weight == start.weight).all()
    assert bias == start.bias

    train_kernel.epoch(other, order_of(workload, train_kernel)[::-1].copy(), rates)
    again = train_kernel.parameters(trained)
    np.testing.assert_array_equal(again[0], after[0])
    assert again[1] == after[1]


def test_the_start_and_the_data_are_left_alone(
    train_kernel: TrainKernel, each_loader: str, small_workload: Generate
) -> None:
    workload = small_workload("synthetic-23x4")
    start = start_of(workload)
    weight, order = start.weight.copy(), order_of(workload, train_kernel)
    features, labels = workload.features.copy(), workload.labels.copy()
    state = train_kernel.prepare(workload, DEVICE, 5, each_loader, start)
    train_kernel.epoch(state, order, rates_of(workload, train_kernel, 5, "constant"))
    read = train_kernel.parameters(state)[0]
    read[:] = -1.0
    assert (train_kernel.parameters(state)[0] != -1.0).all()
    np.testing.assert_array_equal(start.weight, weight)
    np.testing.assert_array_equal(order, order_of(workload, train_kernel))
    np.testing.assert_array_equal(workload.features, features)
    np.testing.assert_array_equal(workload.labels, labels)


@pytest.mark.parametrize("n_rates", [4, 6])
def test_a_rate_too_few_or_too_many_is_an_error(
    train_kernel: TrainKernel, loader: str, n_rates: int, small_workload: Generate
) -> None:
    workload = small_workload("synthetic-23x4")
    state = train_kernel.prepare(workload, DEVICE, 5, loader, start_of(workload))
    order = order_of(workload, train_kernel)
    with pytest.raises(ValueError, match=r"zip|learning rates for 5 steps"):
        train_kernel.epoch(state, order, array("d", [0.01] * n_rates))
