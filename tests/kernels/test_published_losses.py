"""Training on the airfoil data ends where it was published to end.

Zhang, Lipton, Li & Smola, *Dive into Deep Learning*, "Mini-batch Stochastic Gradient
Descent": loss 0.256381 after 6 epochs of gradient descent, 0.257966 with single samples
and 0.259893 with batches of 10 after 2 epochs. The first depends on the start alone and
the start hardly matters. The others are one draw of start and order each; the means over
100 draws are what is checked here.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np
import pytest

import data
from kernels import reference, sampling
from kernels.reference import Reference
from kernels.registry import discover

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from data.workload import Workload
    from kernels.contract import Order, Start

#: The same through any start that the sampling draws, in float64.
DESCENT_LOSS = 0.25637
N_SEEDS = 100


def draw(seed: int, workload: Workload, n_epochs: int) -> tuple[Start, list[Order]]:
    rng = np.random.default_rng(seed)
    start = sampling.draw_start(rng, workload.n_features)
    return start, [
        sampling.draw_order(rng, workload.n_samples, "without-replacement")
        for _ in range(n_epochs)
    ]


def train_all(
    workload: Workload,
    starts: Sequence[Start],
    orders: NDArray[np.int64],
    batch_size: int,
    eta: float,
) -> NDArray[np.float64]:
    """Train from every start at once, in float64.

    ``orders`` has shape (n_starts, n) with n a multiple of the batch size; the answer has
    shape (n_starts, n_features + 1).
    """
    X = np.column_stack([workload.features.astype(np.float64), np.ones(workload.n_samples)])
    y = workload.labels.astype(np.float64)
    theta = np.stack([Reference.start(start).theta for start in starts])
    for first in range(0, orders.shape[1], batch_size):
        index = orders[:, first : first + batch_size]
        x = X[index]
        r = np.einsum("smd,sd->sm", x, theta) - y[index]
        theta -= eta * np.einsum("smd,sm->sd", x, r) / batch_size
    return theta


@pytest.mark.parametrize("seed", range(3))
def test_the_reference_descends_to_the_published_loss(seed: int) -> None:
    workload = data.load("airfoil")
    start, orders = draw(seed, workload, n_epochs=6)
    after = Reference.start(start)
    for order in orders:
        after = reference.epoch(after, workload, order, workload.n_samples, [1.0])
    loss = workload.loss(after.theta[:-1], float(after.theta[-1]))
    assert loss == pytest.approx(DESCENT_LOSS, abs=5e-5)


@pytest.mark.parametrize("name", ["nd.autograd", "gluon.trainer"])
@pytest.mark.parametrize("loader_name", ["inmemory", "dataloader"])
def test_the_published_kernels_descend_to_the_published_loss(
    mxnet: None, name: str, loader_name: str
) -> None:
    kernel = discover().train[name]
    workload = data.load("airfoil")
    start, orders = draw(0, workload, n_epochs=6)
    state = kernel.prepare(workload, "cpu(0)", workload.n_samples, loader_name, start)
    for order in orders:
        kernel.epoch(state, order, array("d", [1.0]))
    loss = workload.loss(*kernel.parameters(state))
    assert loss == pytest.approx(DESCENT_LOSS, abs=5e-5)


@pytest.mark.parametrize("batch_size", [1, 10])
def test_training_many_at_once_is_the_reference(batch_size: int) -> None:
    workload = data.load("airfoil")
    drawn = [draw(seed, workload, n_epochs=1) for seed in (3, 4)]
    orders = np.stack([orders[0] for _, orders in drawn])
    many = train_all(workload, [start for start, _ in drawn], orders, batch_size, 0.005)
    rates = [0.005] * (workload.n_samples // batch_size)
    for (start, (order,)), theta in zip(drawn, many, strict=True):
        one = reference.epoch(Reference.start(start), workload, order, batch_size, rates)
        np.testing.assert_allclose(theta, one.theta, rtol=1e-10)


@pytest.mark.parametrize(
    ("batch_size", "eta", "mean_loss"), [(1, 0.005, 0.2587), (10, 0.05, 0.2588)]
)
def test_the_mean_loss_over_many_seeds(batch_size: int, eta: float, mean_loss: float) -> None:
    workload = data.load("airfoil")
    drawn = [draw(seed, workload, n_epochs=2) for seed in range(N_SEEDS)]
    orders = np.stack([np.concatenate(orders) for _, orders in drawn])
    theta = train_all(workload, [start for start, _ in drawn], orders, batch_size, eta)
    losses = [workload.loss(found[:-1], float(found[-1])) for found in theta]
    assert np.mean(losses) == pytest.approx(mean_loss, abs=8e-4)
