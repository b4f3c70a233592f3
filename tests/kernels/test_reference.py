"""The float64 reference itself: against differences, by hand, and batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.workload import Optimum, Workload
from kernels import reference
from kernels.contract import Start
from kernels.reference import Reference

if TYPE_CHECKING:
    from numpy.typing import NDArray


def tiny_workload(X: list[list[float]], y: list[float]) -> Workload:
    features, labels = np.array(X, dtype=np.float32), np.array(y, dtype=np.float32)
    optimum = Optimum(np.zeros(features.shape[1]), 0.0, 0.0)
    return Workload("tiny", features, labels, optimum, lambda _batch_size: 1.0)


def loss(x: NDArray[np.float64], y: NDArray[np.float64], theta: NDArray[np.float64]) -> float:
    return float(np.mean((x @ theta - y) ** 2) / 2)


@given(seed=st.integers(0, 2**32 - 1), m=st.integers(1, 20), n_features=st.integers(0, 8))
def test_the_gradient_is_the_slope_of_the_loss(seed: int, m: int, n_features: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.standard_normal((m, n_features)), np.ones(m)])
    y, theta = rng.standard_normal(m), rng.standard_normal(n_features + 1)
    # The loss is quadratic: central differences have no error but rounding.
    h = 0.5
    slope = [
        (loss(x, y, theta + h * axis) - loss(x, y, theta - h * axis)) / (2 * h)
        for axis in np.eye(n_features + 1)
    ]
    np.testing.assert_allclose(reference.gradient(x, y, theta), slope, rtol=1e-9, atol=1e-11)


def test_a_step_by_hand() -> None:
    # Residuals: (1*1 + 2*0 + 0.5) - 1 = 0.5 and (3*1 - 1*0 + 0.5) - 2 = 1.5.
    # Gradient: (1*0.5 + 3*1.5, 2*0.5 - 1*1.5, 0.5 + 1.5) / 2 = (2.5, -0.25, 1).
    x, y = np.array([[1.0, 2.0, 1.0], [3.0, -1.0, 1.0]]), np.array([1.0, 2.0])
    before = Reference(theta=np.array([1.0, 0.0, 0.5]), tolerance=0.0)
    after = reference.step(before, x, y, eta=0.5)
    assert after.theta.tolist() == [-0.25, 0.125, 0.0]


def test_an_epoch_by_hand_its_last_batch_short() -> None:
    # Batch (0, 1): residuals -1, -3, gradient ((-1 - 6) / 2, -2), theta (0.35, 0.2).
    # Batch (2): the mean over the one sample in it. Residual 1.4 + 0.2 - 5 = -3.4,
    # gradient (-13.6, -3.4), theta (1.71, 0.54).
    workload = tiny_workload([[1.0], [2.0], [4.0]], [1.0, 3.0, 5.0])
    start = Reference.start(Start(weight=np.zeros(1, dtype=np.float32), bias=0.0))
    after = reference.epoch(start, workload, np.arange(3), 2, [0.1, 0.1])
    np.testing.assert_allclose(after.theta, [1.71, 0.54], rtol=1e-14)


def test_batches_follow_the_order_with_ones_for_the_bias() -> None:
    workload = tiny_workload([[1.0], [2.0], [4.0]], [1.0, 3.0, 5.0])
    order = np.array([2, 0, 2, 1, 1])
    batches = list(reference.augmented_batches(workload, order, 2))
    assert [x.tolist() for x, _ in batches] == [
        [[4.0, 1.0], [1.0, 1.0]],
        [[4.0, 1.0], [2.0, 1.0]],
        [[2.0, 1.0]],
    ]
    assert [y.tolist() for _, y in batches] == [[5.0, 1.0], [5.0, 3.0], [3.0]]
    assert all(x.dtype == y.dtype == np.float64 for x, y in batches)


def test_a_start_is_taken_over_in_float32_with_no_tolerance() -> None:
    start = Start(weight=np.array([0.1, -0.2], dtype=np.float32), bias=0.3)
    begun = Reference.start(start)
    assert begun.theta.dtype == np.float64
    assert begun.theta.tolist() == [float(np.float32(v)) for v in (0.1, -0.2, 0.3)]
    assert begun.tolerance == 0.0


def test_the_distance_is_euclidean_over_weight_and_bias() -> None:
    at = Reference(theta=np.array([1.0, 2.0, 3.0]), tolerance=0.0)
    assert reference.distance(at, np.array([1.0, 5.0], dtype=np.float32), 7.0) == 5.0


@pytest.mark.parametrize(
    ("weight", "bias"), [([np.nan, 0.0], 0.0), ([0.0, 0.0], np.nan), ([np.inf, 0.0], 0.0)]
)
def test_parameters_that_are_not_finite_are_never_within_a_tolerance(
    weight: list[float], bias: float
) -> None:
    at = Reference(theta=np.zeros(3), tolerance=1.0)
    distance = reference.distance(at, np.array(weight, dtype=np.float32), bias)
    assert not distance <= at.tolerance


@pytest.mark.parametrize("n_rates", [1, 3])
def test_a_rate_too_few_or_too_many_is_an_error(n_rates: int) -> None:
    workload = tiny_workload([[1.0], [2.0], [4.0]], [1.0, 3.0, 5.0])
    start = Reference.start(Start(weight=np.zeros(1, dtype=np.float32), bias=0.0))
    with pytest.raises(ValueError, match="zip"):
        reference.epoch(start, workload, np.arange(3), 2, [0.1] * n_rates)
