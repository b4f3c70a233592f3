"""A step in phases is the step: the same parameters, and names in their order."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kernels import reference
from kernels.reference import Reference
from kernels.registry import discover
from kernels.stepwise import PHASES, StepKernel
from tests.kernels.trainings import DEVICE, assert_matches, order_of, rates_of, start_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from data.workload import Workload
    from kernels.contract import TrainKernel

    Generate = Callable[[str], Workload]

#: Kernels whose steps are one call, or one bundle of calls.
WHOLE = {"jax.step", "nd.bulk", "torch.compile", "torch.cuda_graph", "triton.fused_step"}
#: Kernels whose gradient is a part of another call.
WITHOUT_A_GRADIENT = {"torch.closed_form"}


def stepwise(kernel: TrainKernel) -> StepKernel:
    if not isinstance(kernel, StepKernel):
        pytest.skip("this kernel does an epoch in one call: it has no steps")
    return kernel


@pytest.mark.parametrize(
    ("name", "batch_size"),
    [("synthetic-23x4", 5), ("synthetic-21x1", 1), ("synthetic-50x32", 7)],
)
def test_steps_in_phases_match_the_reference(
    train_kernel: TrainKernel,
    loader: str,
    name: str,
    batch_size: int,
    small_workload: Generate,
) -> None:
    kernel, workload = stepwise(train_kernel), small_workload(name)
    order = order_of(workload, train_kernel)
    rates = rates_of(workload, train_kernel, batch_size, "power:-0.5")
    start = start_of(workload)
    state = train_kernel.prepare(workload, DEVICE, batch_size, loader, start)
    expected = Reference.start(start)
    batches = zip(state.batches(order), rates, strict=True)
    for number, ((X, y), eta) in enumerate(batches):
        names = list(kernel.phases(state, X, y, eta))
        assert names == ["step"] or names == [one for one in PHASES if one in names]
        batch = order[number * batch_size : (number + 1) * batch_size]
        expected = reference.epoch(
            expected, workload, batch, batch_size, [eta], train_kernel.rule
        )
        assert_matches(expected, train_kernel.parameters(state))
    # With what the phases left behind the training goes on.
    train_kernel.epoch(state, order, rates)
    expected = reference.epoch(expected, workload, order, batch_size, rates, train_kernel.rule)
    assert_matches(expected, train_kernel.parameters(state))


def test_the_update_is_in_the_last_phase_and_nothing_after_it(
    train_kernel: TrainKernel, small_workload: Generate
) -> None:
    kernel, workload = stepwise(train_kernel), small_workload("synthetic-23x4")
    start, order = start_of(workload), order_of(workload, train_kernel)[:5]
    rates = array("d", [0.05])
    state = train_kernel.prepare(workload, DEVICE, 5, "inmemory", start)
    (X, y), *_ = state.batches(order)
    for name in kernel.phases(state, X, y, rates[0]):
        if name in ("update", "step"):
            break
        weight, bias = train_kernel.parameters(state)
        np.testing.assert_array_equal(weight, start.weight)
        assert bias == start.bias
    expected = reference.epoch(
        Reference.start(start), workload, order, 5, rates, train_kernel.rule
    )
    assert_matches(expected, train_kernel.parameters(state))


def test_kernels_say_as_much_of_a_step_as_their_calls_do(
    train_kernel: TrainKernel, small_workload: Generate
) -> None:
    kernel, workload = stepwise(train_kernel), small_workload("synthetic-23x4")
    state = train_kernel.prepare(workload, DEVICE, 5, "inmemory", start_of(workload))
    (X, y), *_ = state.batches(order_of(workload, train_kernel)[:5])
    names = list(kernel.phases(state, X, y, 0.05))
    if train_kernel.name in WHOLE:
        assert names == ["step"]
    elif train_kernel.name in WITHOUT_A_GRADIENT:
        assert names == ["forward", "update"]
    else:
        assert names == list(PHASES)


def test_the_exceptions_are_kernels() -> None:
    assert discover().train.keys() >= WHOLE | WITHOUT_A_GRADIENT


class Counted(StepKernel):
    def step(self, state: list[float], X: Any, y: Any, eta: float) -> None:
        state.append(eta)


class Told(Counted):
    def phases(self, state: list[float], X: Any, y: Any, eta: float) -> Iterator[str]:
        yield "forward"
        self.step(state, X, y, eta)
        yield "update"


class ToldByItsBase(Told):
    pass


class StepsByItself(Told):
    def step(self, state: list[float], X: Any, y: Any, eta: float) -> None:
        state.append(-eta)


class StepsAndTells(Told):
    def step(self, state: list[float], X: Any, y: Any, eta: float) -> None:
        state.append(-eta)

    def phases(self, state: list[float], X: Any, y: Any, eta: float) -> Iterator[str]:
        self.step(state, X, y, eta)
        yield "backward"


@pytest.mark.parametrize(
    ("kernel", "names", "done"),
    [
        (Counted(), ["step"], [0.5]),
        (Told(), ["forward", "update"], [0.5]),
        (ToldByItsBase(), ["forward", "update"], [0.5]),
        (StepsByItself(), ["step"], [-0.5]),
        (StepsAndTells(), ["backward"], [-0.5]),
    ],
)
def test_phases_of_another_step_are_not_inherited(
    kernel: StepKernel, names: list[str], done: list[float]
) -> None:
    state: list[float] = []
    assert list(kernel.phases(state, None, None, 0.5)) == names
    assert state == done
