"""The reference's tolerance holds all that float32 does, and nothing that is wrong.

The trajectories compared are of plain NumPy in float32, right or wrong in one way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import synthetic
from kernels import reference, sampling
from kernels.reference import Reference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.workload import Workload


@dataclass(frozen=True)
class Fault:
    """What a kernel may do wrong."""

    eta_factor: float = 1.0
    dropped: int = 0
    divisor: int | None = None
    weight_decay: float = 0.0
    factor_bits: int | None = None


def to_bits(values: NDArray[np.float32], bits: int | None) -> NDArray[np.float32]:
    """Keep so many bits behind the point of each value; all of them for None."""
    if bits is None:
        return values
    dropped = 23 - bits
    raw = np.ascontiguousarray(values).view(np.uint32) + np.uint32(1 << (dropped - 1))
    kept: NDArray[np.float32] = (raw & ~np.uint32((1 << dropped) - 1)).view(np.float32)
    return kept


def float32_step(
    theta: NDArray[np.float32],
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    eta: float,
    fault: Fault,
) -> NDArray[np.float32]:
    kept = slice(0, max(1, len(y) - fault.dropped))
    X, labels = x[kept], y[kept]
    m = np.float32(fault.divisor or len(labels))
    rounded = partial(to_bits, bits=fault.factor_bits)
    r = rounded(X) @ rounded(theta) - labels
    g = rounded(X).T @ rounded(r) / m + np.float32(fault.weight_decay) * theta
    after: NDArray[np.float32] = theta - np.float32(eta * fault.eta_factor) * g
    return after


def ratios(
    workload: Workload, seed: int, batch_size: int, eta: float, fault: Fault
) -> NDArray[np.float64]:
    """Return distance / tolerance after each step of one epoch."""
    rng = np.random.default_rng(seed)
    start = sampling.draw_start(rng, workload.n_features)
    order = sampling.draw_order(rng, workload.n_samples, "without-replacement")
    expected = Reference.start(start)
    theta = expected.theta.astype(np.float32)
    found = []
    for x, y in reference.augmented_batches(workload, order, batch_size):
        single = x.astype(np.float32), y.astype(np.float32)
        theta = float32_step(theta, *single, eta, fault)
        expected = reference.step(expected, x, y, eta)
        distance = reference.distance(expected, theta[:-1], float(theta[-1]))
        allowed = expected.tolerance if fault.factor_bits is None else expected.tf32_tolerance
        found.append(distance / allowed)
    return np.array(found)


def workload_of(n_samples: int, n_features: int, seed: int) -> Workload:
    condition_number = 1.0 if n_features == 1 else 10.0
    return synthetic.generate(
        synthetic.SyntheticSpec(n_samples, n_features, condition_number, seed=seed)
    )


#: How long an example takes says nothing here.
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(40, 200)
dimensions = st.integers(1, 32)
batch_sizes = st.sampled_from([1, 2, 3, 10]) | st.integers(1, 250)
#: As a share of the workload's own rate; the largest still converges.
moderate_rates = st.floats(0.3, 1.5)


@given(
    seed=seeds,
    n_samples=sizes,
    n_features=dimensions,
    batch_size=batch_sizes,
    share=st.floats(1e-4, 8.0),
)
def test_right_arithmetic_in_float32_is_inside(
    seed: int, n_samples: int, n_features: int, batch_size: int, share: float
) -> None:
    workload = workload_of(n_samples, n_features, seed)
    # Eight times the usual rate diverges on some: there the bound must grow too.
    eta = share * workload.default_learning_rate(batch_size)
    assert ratios(workload, seed, batch_size, eta, Fault()).max() <= 1.0


@given(
    seed=seeds,
    n_samples=sizes,
    n_features=dimensions,
    batch_size=batch_sizes,
    share=st.floats(1e-4, 8.0),
)
def test_factors_rounded_to_tf32_are_inside_the_bound_for_them(
    seed: int, n_samples: int, n_features: int, batch_size: int, share: float
) -> None:
    workload = workload_of(n_samples, n_features, seed)
    eta = share * workload.default_learning_rate(batch_size)
    assert ratios(workload, seed, batch_size, eta, Fault(factor_bits=10)).max() <= 1.0


@pytest.mark.parametrize("batch_size", [1, 10, 50])
@pytest.mark.parametrize("fault", [{"factor_bits": 4}, {"eta_factor": 1.05}])
def test_fewer_bits_and_other_faults_are_outside_the_bound_of_tf32(
    batch_size: int, fault: dict[str, Any]
) -> None:
    workload = workload_of(50, 4, seed=0)
    eta = workload.default_learning_rate(batch_size)
    found = ratios(workload, 0, batch_size, eta, Fault(**{"factor_bits": 10, **fault}))
    assert found.max() > 1.0


@given(
    seed=seeds,
    n_samples=sizes,
    n_features=dimensions,
    batch_size=batch_sizes,
    share=moderate_rates,
)
def test_a_rate_wrong_by_a_thousandth_is_outside(
    seed: int, n_samples: int, n_features: int, batch_size: int, share: float
) -> None:
    workload = workload_of(n_samples, n_features, seed)
    eta = share * workload.default_learning_rate(batch_size)
    fault = Fault(eta_factor=1.001)
    assert ratios(workload, seed, batch_size, eta, fault).max() > 1.0


@given(
    seed=seeds,
    n_samples=sizes,
    n_features=dimensions,
    batch_size=batch_sizes.filter(lambda batch_size: batch_size > 1),
    share=moderate_rates,
)
def test_a_dropped_sample_is_outside(
    seed: int, n_samples: int, n_features: int, batch_size: int, share: float
) -> None:
    workload = workload_of(n_samples, n_features, seed)
    eta = share * workload.default_learning_rate(batch_size)
    assert ratios(workload, seed, batch_size, eta, Fault(dropped=1)).max() > 1.0


@pytest.mark.parametrize("batch_size", [3, 7, 40, 49])
def test_a_short_last_batch_divided_by_the_full_size_is_outside(batch_size: int) -> None:
    workload = workload_of(50, 4, seed=0)
    eta = workload.default_learning_rate(batch_size)
    found = ratios(workload, 0, batch_size, eta, Fault(divisor=batch_size))
    assert found[:-1].max() <= 1.0
    assert found[-1] > 1.0


@pytest.mark.parametrize("batch_size", [1, 10, 50])
def test_a_weight_decay_of_a_thousandth_is_outside(batch_size: int) -> None:
    workload = workload_of(50, 4, seed=0)
    eta = workload.default_learning_rate(batch_size)
    found = ratios(workload, 0, batch_size, eta, Fault(weight_decay=1e-3))
    assert found.max() > 1.0


@given(seed=seeds, batch_size=st.integers(1, 60), share=st.floats(0.01, 100.0))
def test_the_tolerance_grows_with_every_step(seed: int, batch_size: int, share: float) -> None:
    workload = workload_of(50, 4, seed=0)
    rng = np.random.default_rng(seed)
    before = Reference.start(sampling.draw_start(rng, 4))
    order = sampling.draw_order(rng, 50, "with-replacement")
    eta = share * workload.default_learning_rate(batch_size)
    for x, y in reference.augmented_batches(workload, order, batch_size):
        after = reference.step(before, x, y, eta)
        assert after.tolerance > before.tolerance
        before = after


@given(
    seed=seeds, m=st.integers(1, 12), n_features=st.integers(0, 12), eta=st.floats(1e-3, 10.0)
)
def test_an_inherited_error_stays_within_its_part_of_the_tolerance(
    seed: int, m: int, n_features: int, eta: float
) -> None:
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.standard_normal((m, n_features)), np.ones(m)])
    y, theta = rng.standard_normal(m), rng.standard_normal(n_features + 1)
    # The direction that the step amplifies most is an eigenvector of the Hessian.
    _, vectors = np.linalg.eigh(x.T @ x / m)
    exact = reference.step(Reference(theta, 0.0), x, y, eta)
    inherited = reference.step(Reference(theta, 1.0), x, y, eta)
    assert (inherited.theta == exact.theta).all()
    for direction in (vectors[:, 0], vectors[:, -1]):
        moved = reference.step(Reference(theta + direction, 0.0), x, y, eta)
        distance = float(np.linalg.norm(moved.theta - exact.theta))
        assert distance <= (inherited.tolerance - exact.tolerance) * (1 + 1e-9)
