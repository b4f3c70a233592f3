"""Orders visit what they should, and their batches estimate the gradient without bias."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import reference, sampling
from kernels.sampling import SAMPLINGS, Sampling, draw_order, draw_start

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from data.workload import Workload

    Vector = NDArray[np.float64]

both = pytest.mark.parametrize("sampled", [one for one in SAMPLINGS if one != "sequential"])


@given(seed=st.integers(0, 2**32 - 1), n_samples=st.integers(1, 300))
def test_without_replacement_every_sample_is_visited_once(seed: int, n_samples: int) -> None:
    order = draw_order(np.random.default_rng(seed), n_samples, "without-replacement")
    assert sorted(order.tolist()) == list(range(n_samples))


@given(seed=st.integers(0, 2**32 - 1), n_samples=st.integers(1, 300))
def test_with_replacement_draws_stay_in_range(seed: int, n_samples: int) -> None:
    order = draw_order(np.random.default_rng(seed), n_samples, "with-replacement")
    assert order.shape == (n_samples,)
    assert 0 <= order.min() <= order.max() < n_samples


def test_with_replacement_samples_repeat_as_often_as_chance_has_it() -> None:
    # Of n samples (1 - 1/n)^n, about 1 / e, are never drawn: 3679 of 10000, give or take
    # 31 (standard deviation sqrt(n (1/e - 2/e^2))).
    order = draw_order(np.random.default_rng(0), 10_000, "with-replacement")
    assert 10_000 - len(set(order.tolist())) == pytest.approx(3679, abs=5 * 31)


@both
def test_every_place_of_an_order_can_hold_every_sample(sampled: Sampling) -> None:
    rng = np.random.default_rng(0)
    orders = np.stack([draw_order(rng, 5, sampled) for _ in range(500)])
    assert all(set(column.tolist()) == set(range(5)) for column in orders.T)


@both
def test_seeds_reproduce(sampled: Sampling) -> None:
    def epochs(seed: int) -> list[list[int]]:
        rng = np.random.default_rng(seed)
        return [draw_order(rng, 100, sampled).tolist() for _ in range(2)]

    assert epochs(1) == epochs(1)
    assert epochs(1) != epochs(2)
    assert epochs(1)[0] != epochs(1)[1]


@both
def test_orders_are_signed_integers_of_64_bits(sampled: Sampling) -> None:
    assert draw_order(np.random.default_rng(0), 10, sampled).dtype == np.int64


def batch_gradients(
    workload: Workload, order: NDArray[np.int64], batch_size: int, theta: Vector
) -> list[Vector]:
    batches = reference.augmented_batches(workload, order, batch_size)
    return [reference.gradient(x, y, theta) for x, y in batches]


def sample_gradients(workload: Workload, theta: Vector) -> Vector:
    """Return the gradient of every sample by itself, shape (n, n_features + 1)."""
    return np.stack(batch_gradients(workload, np.arange(workload.n_samples), 1, theta))


@pytest.mark.parametrize("batch_size", [1, 2, 6, 12, 24])
def test_without_replacement_the_batches_of_an_epoch_average_to_the_full_gradient(
    batch_size: int, small_workload: Callable[[str], Workload]
) -> None:
    workload = small_workload("synthetic-24x4")
    rng = np.random.default_rng(0)
    theta = rng.standard_normal(5)
    order = draw_order(rng, 24, "without-replacement")
    average = np.mean(batch_gradients(workload, order, batch_size, theta), axis=0)
    full = sample_gradients(workload, theta).mean(axis=0)
    np.testing.assert_allclose(average, full, rtol=1e-12)


@both
@pytest.mark.parametrize("batch", ["first", "last"])
def test_a_batch_is_an_unbiased_estimate_of_the_full_gradient(
    sampled: Sampling, batch: str, small_workload: Callable[[str], Workload]
) -> None:
    # The mean of many independent batches, against its exact standard deviation. Each of
    # the 5 components has |z| > 4.5 with probability 7e-6: 1 in 7000 seeds would fail one
    # of these 4 tests, and the seed is fixed. The last batch is a short one, of 3.
    workload, n_draws = small_workload("synthetic-24x4"), 4000
    rng = np.random.default_rng(1)
    theta = rng.standard_normal(5)
    which = {"first": slice(0, 7), "last": slice(21, 24)}[batch]
    orders = (draw_order(rng, 24, sampled)[which] for _ in range(n_draws))
    drawn = np.stack([batch_gradients(workload, order, 7, theta)[0] for order in orders])

    single = sample_gradients(workload, theta)
    size = which.stop - which.start
    variance = single.var(axis=0) / size
    if sampled == "without-replacement":
        variance *= (24 - size) / (24 - 1)  # the correction for a finite population
    z = (drawn.mean(axis=0) - single.mean(axis=0)) / np.sqrt(variance / n_draws)
    assert np.abs(z).max() < 4.5
    # And the spread of single batches is what the sampling says: within 10%, which is
    # more than 4 standard deviations of a variance over 4000 draws.
    np.testing.assert_allclose(drawn.var(axis=0), variance, rtol=0.1)


def test_a_start_is_small_weights_and_no_bias() -> None:
    start = draw_start(np.random.default_rng(0), 40_000)
    assert start.weight.shape == (40_000,)
    assert start.weight.dtype == np.float32
    assert start.bias == 0.0
    # Standard errors of the mean and of the standard deviation: 5e-5 and 3.5e-5.
    assert np.mean(start.weight) == pytest.approx(0.0, abs=5 * 5e-5)
    assert np.std(start.weight) == pytest.approx(0.01, abs=5 * 3.5e-5)


def test_starts_reproduce_by_seed() -> None:
    def weight(seed: int) -> list[float]:
        values: list[float] = draw_start(np.random.default_rng(seed), 4).weight.tolist()
        return values

    assert weight(1) == weight(1)
    assert weight(1) != weight(2)


def test_the_names_are_those_that_can_be_asked_for() -> None:
    assert sampling.SAMPLINGS == ("without-replacement", "with-replacement", "sequential")


def test_sequential_is_the_samples_as_they_lie() -> None:
    order = draw_order(np.random.default_rng(0), 5, "sequential")
    assert order.tolist() == [0, 1, 2, 3, 4]
    assert order.dtype == np.int64
