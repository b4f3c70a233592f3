"""One suite for every update kernel, whatever its file: all keep their update rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.measure.gate import Tensors, tensors_for, worst_ratio
from bench.measure.update import minimum_bytes

if TYPE_CHECKING:
    from kernels.contract import UpdateKernel, Weight

DEVICE = "cpu(0)"
SEED = 3


def copies(weights: list[Weight]) -> list[Weight]:
    return [one.copy() for one in weights]


@pytest.mark.parametrize("eta", [1.0, 0.05])
@pytest.mark.parametrize(("n", "n_tensors"), [(1, 1), (5, 1), (4096, 7), (100_003, 1)])
def test_every_update_follows_its_rule(
    update_kernel: UpdateKernel, n: int, n_tensors: int, eta: float
) -> None:
    tensors = tensors_for(update_kernel, n, n_tensors, SEED)
    state = update_kernel.prepare(DEVICE, tensors.weights, tensors.gradients, eta)
    for k in range(4):
        read = update_kernel.parameters(state)
        assert [one.shape for one in read] == [one.shape for one in tensors.weights]
        assert {one.dtype for one in read} == {np.dtype(np.float32)}
        if k == 0:
            assert all(map(np.array_equal, read, tensors.weights))
        else:
            assert worst_ratio(update_kernel, tensors, read, eta, k) <= 1
        update_kernel.update(state)


def test_more_tensors_than_one_operator_takes(update_kernel: UpdateKernel) -> None:
    tensors = tensors_for(update_kernel, 1300, 130, SEED)
    state = update_kernel.prepare(DEVICE, tensors.weights, tensors.gradients, 0.5)
    update_kernel.update(state)
    assert worst_ratio(update_kernel, tensors, update_kernel.parameters(state), 0.5, 1) <= 1


def test_the_arrays_given_are_left_alone(update_kernel: UpdateKernel) -> None:
    drawn = tensors_for(update_kernel, 64, 1, SEED)
    kept = Tensors(tuple(copies([*drawn.weights])), tuple(copies([*drawn.gradients])), 64)
    state = update_kernel.prepare(DEVICE, kept.weights, kept.gradients, 0.1)
    update_kernel.update(state)
    for one in update_kernel.parameters(state):
        one[:] = -1.0
    assert all((one != -1.0).all() for one in update_kernel.parameters(state))
    assert all(map(np.array_equal, kept.weights, drawn.weights))
    assert all(map(np.array_equal, kept.gradients, drawn.gradients))


def test_two_states_are_independent(update_kernel: UpdateKernel) -> None:
    tensors = tensors_for(update_kernel, 64, 1, SEED)
    updated, other = (
        update_kernel.prepare(DEVICE, tensors.weights, tensors.gradients, 0.1) for _ in range(2)
    )
    update_kernel.update(updated)
    has_gradient = tensors.gradients[0] != 0
    changed = update_kernel.parameters(updated)[0] != tensors.weights[0]
    np.testing.assert_array_equal(changed, has_gradient)
    np.testing.assert_array_equal(update_kernel.parameters(other)[0], tensors.weights[0])


def test_no_update_declares_fewer_bytes_than_it_must_move(update_kernel: UpdateKernel) -> None:
    assert update_kernel.bytes_per_parameter >= minimum_bytes(update_kernel)


def test_every_operator_more_writes_and_reads_a_temporary(update_kernel: UpdateKernel) -> None:
    n_temporaries = len(update_kernel.operator.split(",")) - 1
    assert update_kernel.bytes_per_parameter >= 12 + 8 * n_temporaries or not n_temporaries
