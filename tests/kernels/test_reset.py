"""A state that is reset trains as a new one does, and keeps what it has allocated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kernels import reference
from kernels.backends.mxnet.host_memory import view
from kernels.reference import Reference
from tests.kernels.trainings import DEVICE, SEED, assert_matches, order_of, rates_of, start_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.workload import Workload
    from kernels.contract import Start, TrainKernel

    Generate = Callable[[str], Workload]

#: Batches with a short one at the end, that divide the epoch, and that exceed it.
CASES = [("synthetic-23x4", 5), ("synthetic-50x32", 25), ("synthetic-21x1", 30)]


class Training:
    """Two epochs of a kernel, and of the reference beside it."""

    def __init__(self, kernel: TrainKernel, workload: Workload, batch_size: int) -> None:
        self.kernel, self.workload, self.batch_size = kernel, workload, batch_size
        self.order = order_of(workload, kernel)
        self.rates = [
            rates_of(workload, kernel, batch_size, "power:-0.5", epoch) for epoch in range(2)
        ]

    def prepared(self, loader: str, start: Start) -> Any:
        return self.kernel.prepare(self.workload, DEVICE, self.batch_size, loader, start)

    def assert_trains_from(self, start: Start, state: Any) -> None:
        expected = Reference.start(start)
        for rates in self.rates:
            self.kernel.epoch(state, self.order, rates)
            expected = reference.epoch(
                expected, self.workload, self.order, self.batch_size, rates, self.kernel.rule
            )
            assert_matches(expected, self.kernel.parameters(state))


def assert_is_at(start: Start, kernel: TrainKernel, state: Any) -> None:
    weight, bias = kernel.parameters(state)
    np.testing.assert_array_equal(weight, start.weight)
    assert bias == start.bias


@pytest.mark.parametrize(("name", "batch_size"), CASES)
def test_a_reset_state_trains_as_a_new_one(
    train_kernel: TrainKernel,
    each_loader: str,
    name: str,
    batch_size: int,
    small_workload: Generate,
) -> None:
    workload = small_workload(name)
    training = Training(train_kernel, workload, batch_size)
    first = start_of(workload)
    state = training.prepared(each_loader, first)
    training.assert_trains_from(first, state)
    when_new = train_kernel.parameters(state)
    for seed in (SEED + 1, SEED):
        start = start_of(workload, seed)
        train_kernel.reset(state, start)
        assert_is_at(start, train_kernel, state)
        training.assert_trains_from(start, state)
    # To the last bit: the same operators on the same shapes.
    weight, bias = train_kernel.parameters(state)
    np.testing.assert_array_equal(weight, when_new[0])
    assert bias == when_new[1]


def test_a_state_that_was_never_trained_is_reset_too(
    train_kernel: TrainKernel, loader: str, small_workload: Generate
) -> None:
    workload = small_workload("synthetic-23x4")
    training = Training(train_kernel, workload, 5)
    state = training.prepared(loader, start_of(workload))
    start = start_of(workload, SEED + 1)
    for _ in range(2):
        train_kernel.reset(state, start)
        assert_is_at(start, train_kernel, state)
    training.assert_trains_from(start, state)


def test_work_under_way_does_not_outlive_a_reset(
    train_kernel: TrainKernel, loader: str, small_workload: Generate
) -> None:
    workload = small_workload("synthetic-600x32")
    training = Training(train_kernel, workload, 15)
    start = start_of(workload)
    state = training.prepared(loader, start)
    for rates in training.rates:
        train_kernel.epoch(state, training.order, rates)
    train_kernel.reset(state, start)
    training.assert_trains_from(start, state)


def test_a_reset_leaves_the_start_and_other_states_alone(
    train_kernel: TrainKernel, loader: str, small_workload: Generate
) -> None:
    workload = small_workload("synthetic-23x4")
    training = Training(train_kernel, workload, 5)
    start, weight = start_of(workload), start_of(workload).weight
    state, other = (training.prepared(loader, start) for _ in range(2))
    for one in (state, other):
        train_kernel.epoch(one, training.order, training.rates[0])
    reached = train_kernel.parameters(other)
    train_kernel.reset(state, start)
    after = train_kernel.parameters(other)
    np.testing.assert_array_equal(after[0], reached[0])
    assert after[1] == reached[1]
    training.assert_trains_from(start, state)
    np.testing.assert_array_equal(start.weight, weight)


#: Where the kernels keep what their library can write to.
HELD = ("w", "b", "v", "vb", "theta", "velocity")


def addresses(state: Any) -> list[int]:
    """Return where a state's parameters and velocities lie, of those that it names."""
    arrays = [getattr(state, name) for name in HELD if hasattr(state, name)]
    arrays += getattr(state, "states", ())
    if hasattr(state, "net"):
        held = (state.net.weight, state.net.bias)
        arrays += [one.data() if callable(one.data) else one for one in held]
    if hasattr(state, "optimizer"):
        kept = [one.get("momentum_buffer") for one in state.optimizer.state.values()]
        arrays += [velocity for velocity in kept if velocity is not None]
    return [address(array) for array in arrays]


def address(array: Any) -> int:
    """Return where an array's values begin: of NumPy's, PyTorch's or MXNet's arrays."""
    if isinstance(array, np.ndarray):
        return int(array.ctypes.data)
    if hasattr(array, "data_ptr"):
        return int(array.data_ptr())
    array.wait_to_read()
    return int(view(array).ctypes.data)


def test_arrays_that_can_be_written_to_stay_where_they_are(
    train_kernel: TrainKernel, loader: str, small_workload: Generate
) -> None:
    if train_kernel.backend == "jax":
        pytest.skip("JAX's arrays can't be written to")
    workload = small_workload("synthetic-23x4")
    training = Training(train_kernel, workload, 5)
    state = training.prepared(loader, start_of(workload))
    training.assert_trains_from(start_of(workload), state)
    before, held = addresses(state), dict(vars(state))
    assert before
    train_kernel.reset(state, start_of(workload, SEED + 1))
    assert addresses(state) == before
    assert all(getattr(state, name) is one for name, one in held.items())
