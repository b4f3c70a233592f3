"""One suite for every update kernel, whatever its file: all compute ``w - eta g``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from kernels.contract import UpdateKernel, Weight

DEVICE = "cpu(0)"
UNIT_ROUNDOFF = 2.0**-24


def weight_beside_gradient(n: int) -> tuple[Weight, Weight]:
    rng = np.random.default_rng(n)
    return rng.standard_normal(n, dtype=np.float32), rng.standard_normal(n, dtype=np.float32)


@pytest.mark.parametrize("eta", [1.0, 0.05, 1e-3])
@pytest.mark.parametrize("n", [1, 5, 4096, 100_003])
def test_every_update_subtracts_eta_times_the_gradient(
    update_kernel: UpdateKernel, n: int, eta: float
) -> None:
    w, g = weight_beside_gradient(n)
    state = update_kernel.prepare(DEVICE, w, g, eta)
    for k in range(4):
        read = update_kernel.parameters(state)
        assert read.shape == (n,)
        assert read.dtype == np.float32
        expected = w.astype(np.float64) - k * eta * g.astype(np.float64)
        # An update rounds eta, the product and the difference: once each, at most.
        largest = np.abs(w) + k * eta * np.abs(g)
        assert (np.abs(read - expected) <= 3 * k * UNIT_ROUNDOFF * largest).all()
        update_kernel.update(state)


def test_the_arrays_given_are_left_alone(update_kernel: UpdateKernel) -> None:
    w, g = weight_beside_gradient(50)
    state = update_kernel.prepare(DEVICE, w, g, 0.1)
    update_kernel.update(state)
    update_kernel.parameters(state)[:] = -1.0
    assert (update_kernel.parameters(state) != -1.0).all()
    again_w, again_g = weight_beside_gradient(50)
    np.testing.assert_array_equal(w, again_w)
    np.testing.assert_array_equal(g, again_g)


def test_two_states_are_independent(update_kernel: UpdateKernel) -> None:
    w, g = weight_beside_gradient(50)
    updated, other = (update_kernel.prepare(DEVICE, w, g, 0.1) for _ in range(2))
    update_kernel.update(updated)
    assert (update_kernel.parameters(updated) != w).all()
    np.testing.assert_array_equal(update_kernel.parameters(other), w)


def test_no_update_moves_fewer_bytes_than_two_reads_and_a_write(
    update_kernel: UpdateKernel,
) -> None:
    assert update_kernel.bytes_per_parameter >= 3 * np.dtype(np.float32).itemsize


def test_every_operator_more_writes_and_reads_a_temporary(update_kernel: UpdateKernel) -> None:
    n_temporaries = len(update_kernel.operator.split(",")) - 1
    assert update_kernel.bytes_per_parameter >= 12 + 8 * n_temporaries
