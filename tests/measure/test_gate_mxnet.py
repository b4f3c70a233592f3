"""Kernels broken on purpose, on the real MXNet."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import data
from bench.measure.gate import GateError, TrainingCase
from bench.measure.protocol import Protocol, plan_training
from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_training import NdState, mean_squared_loss
from kernels.train.gluon_trainer import GluonTrainer
from kernels.train.nd_autograd import NdAutograd
from kernels.train.nd_closed_form import NdClosedForm
from kernels.train.nd_multi_sgd_update import NdMultiSgdUpdate
from kernels.train.nd_sgd_update import NdSgdUpdate
from tests.measure.gating import verified

if TYPE_CHECKING:
    from kernels.contract import Order, Rates, Start, TrainKernel, Weight

PROTOCOL = Protocol(epochs=1, seconds_per_case=0.01)
SIZES = (1, 2, 3, 64, 1500)


def run_gate(kernel: TrainKernel, batch_size: int, workload: str = "airfoil") -> None:
    case = TrainingCase(data.load(workload), kernel, "cpu(0)", "inmemory", batch_size)
    verified(case, plan_training(case.workload, batch_size, PROTOCOL))


class WrongSign(NdAutograd):
    def step(self, state: Any, X: Any, y: Any, eta: float) -> None:
        super().step(state, X, y, -eta)


class OnePercentMore(NdSgdUpdate):
    def step(self, state: Any, X: Any, y: Any, eta: float) -> None:
        super().step(state, X, y, 1.01 * eta)


class LossWithoutTheHalf(NdMultiSgdUpdate):
    """The gradient of r^2: twice that of r^2 / 2."""

    def step(self, state: Any, X: Any, y: Any, eta: float) -> None:
        w, b = state.w, state.b
        with mx.autograd.record():
            loss = 2 * mean_squared_loss(X, y, w, b)
        loss.backward()
        mx.nd.multi_sgd_update(
            w, w.grad, b, b.grad, out=[w, b], lrs=(eta, eta), wds=(0.0, 0.0), num_weights=2
        )


class BroadcastLabels(NdAutograd):
    """Labels of shape (m,) minus predictions of shape (m, 1): an (m, m) matrix."""

    def step(self, state: Any, X: Any, y: Any, eta: float) -> None:
        with mx.autograd.record():
            y_hat = mx.nd.dot(X, state.w) + state.b
            loss = (mx.nd.broadcast_sub(y_hat, y.reshape((1, -1))) ** 2 / 2).mean()
        loss.backward()
        for p in (state.w, state.b):
            p[:] -= eta * p.grad


class WeightDecay(NdClosedForm):
    """The operator's ``wd`` left on."""

    def step(self, state: Any, X: Any, y: Any, eta: float) -> None:
        super().step(state, X, y, eta)
        mx.nd.sgd_update(state.w, 0 * state.w, out=state.w, lr=eta, wd=1e-2)


class ForgetsTheBias(NdClosedForm):
    def step(self, state: Any, X: Any, y: Any, eta: float) -> None:
        before = state.b.copy()
        super().step(state, X, y, eta)
        state.b[:] = before


class SumsTheLosses(NdAutograd):
    """Sums the loss and divides by the batch size, as the published loop may."""

    batch_size = 0

    def prepare(
        self, workload: Any, device: str, batch_size: int, loader: str, start: Start
    ) -> Any:
        self.batch_size = batch_size
        return super().prepare(workload, device, batch_size, loader, start)

    def step(self, state: Any, X: Any, y: Any, eta: float) -> None:
        super().step(state, X, y, eta * X.shape[0] / self.batch_size)


class TrainerDividesByTheBatchSize(GluonTrainer):
    def prepare(
        self, workload: Any, device: str, batch_size: int, loader: str, start: Start
    ) -> Any:
        state = super().prepare(workload, device, batch_size, loader, start)
        trainer_step = state.trainer.step
        state.trainer.step = lambda _m: trainer_step(batch_size)
        return state


class SortsTheSamples(NdSgdUpdate):
    def epoch(self, state: Any, order: Order, learning_rates: Rates) -> None:
        order = order.copy()
        order.sort()
        super().epoch(state, order, learning_rates)


class LeavesItsGradient(NdAutograd):
    """Gradients added up over the steps, never cleared."""

    def prepare(
        self, workload: Any, device: str, batch_size: int, loader: str, start: Start
    ) -> Any:
        state = super().prepare(workload, device, batch_size, loader, start)
        state.w.attach_grad(grad_req="add")
        state.b.attach_grad(grad_req="add")
        return state


class HalfPrecision(NdClosedForm):
    """Weights that pass through float16."""

    def parameters(self, state: Any) -> tuple[Weight, float]:
        weight, bias = super().parameters(state)
        return weight.astype("float16").astype("float32"), bias


@dataclass
class HeldState(NdState):
    """Parameters in memory that NumPy sees too, and an operator that holds the queue up."""

    host: Any
    released: threading.Event


class WaitsForMXNet(NdClosedForm):
    """Reads its weights from shared memory; every step stays in the queue until it waits."""

    waits = True

    def prepare(
        self, workload: Any, device: str, batch_size: int, loader: str, start: Start
    ) -> Any:
        state = super().prepare(workload, device, batch_size, loader, start)
        host = start.weight.reshape(-1, 1).copy()
        w = mx.nd.from_numpy(host, zero_copy=True)
        return HeldState(state.batches, w, state.b, host, hold_operator())

    def step(self, state: Any, X: Any, y: Any, eta: float) -> None:
        state.released.clear()
        held = mx.nd.Custom(mx.nd.zeros(X.shape), op_type="hold")
        super().step(state, X + held, y, eta)

    def parameters(self, state: Any) -> tuple[Weight, float]:
        if self.waits:
            state.released.set()
            mx.nd.waitall()
        weight = state.host.reshape(-1).copy()
        state.released.set()
        return weight, float(state.b.asscalar())


class DoesNotWaitForMXNet(WaitsForMXNet):
    waits = False


def hold_operator() -> threading.Event:
    """Register an MXNet operator that copies its input once the event is set."""
    released = threading.Event()

    class Hold(mx.operator.CustomOp):  # type: ignore[misc] # its base has no types
        def forward(
            self, is_train: bool, req: Any, in_data: Any, out_data: Any, aux: Any
        ) -> None:
            released.wait(60)
            self.assign(out_data[0], req[0], in_data[0])

    @mx.operator.register("hold")
    class HoldProp(mx.operator.CustomOpProp):  # type: ignore[misc]
        def create_operator(self, *_: Any) -> Hold:
            return Hold()

    return released


BROKEN = (
    WrongSign,
    OnePercentMore,
    LossWithoutTheHalf,
    WeightDecay,
    ForgetsTheBias,
    SortsTheSamples,
    LeavesItsGradient,
    HalfPrecision,
)
BROKEN_ABOVE_BATCH_SIZE_1 = (BroadcastLabels, SumsTheLosses, TrainerDividesByTheBatchSize)


@pytest.mark.parametrize("batch_size", SIZES)
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_kernel_fails(broken: type[TrainKernel], batch_size: int) -> None:
    with pytest.raises(GateError):
        run_gate(broken(), batch_size)


@pytest.mark.parametrize("batch_size", SIZES[1:])
@pytest.mark.parametrize("broken", BROKEN_ABOVE_BATCH_SIZE_1)
def test_a_kernel_that_is_right_for_one_sample_only_fails(
    broken: type[TrainKernel], batch_size: int
) -> None:
    with pytest.raises(GateError):
        run_gate(broken(), batch_size)
    run_gate(broken(), 1)


@pytest.mark.parametrize("batch_size", SIZES)
def test_the_published_loop_passes(batch_size: int) -> None:
    run_gate(NdAutograd(), batch_size)


@pytest.mark.parametrize("batch_size", [1, 64])
def test_a_missing_wait_fails_and_the_same_kernel_with_it_passes(batch_size: int) -> None:
    with pytest.raises(GateError, match="after step 1"):
        run_gate(DoesNotWaitForMXNet(), batch_size)
    run_gate(WaitsForMXNet(), batch_size)
