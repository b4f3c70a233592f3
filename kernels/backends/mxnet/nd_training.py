"""What the ``nd.*`` training kernels share: their arrays and how to read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.batches import LOADERS, context
from kernels.backends.mxnet.imports import mx
from kernels.stepwise import StepKernel

if TYPE_CHECKING:
    from data.workload import Workload
    from kernels.contract import Start, Weight


@dataclass
class NdState:
    """Arrays of one training.

    Attributes
    ----------
    batches : InMemory or DataLoader
    w : NDArray, shape (n_features, 1)
    b : NDArray, shape (1,)
    """

    batches: Any
    w: Any
    b: Any


class NdTrainKernel(StepKernel):
    """A step written with ``nd`` arrays; subclasses give ``step``."""

    backend = "mxnet"
    #: Whether the step needs ``w.grad`` and ``b.grad``.
    autograd = True

    def prepare(
        self, workload: Workload, device: str, batch_size: int, loader: str, start: Start
    ) -> NdState:
        """Copy the data and the start to the device."""
        ctx = context(device)
        w = mx.nd.array(start.weight.reshape(-1, 1), ctx=ctx, dtype="float32")
        b = mx.nd.array([start.bias], ctx=ctx, dtype="float32")
        if self.autograd:
            w.attach_grad()
            b.attach_grad()
        return NdState(batches=LOADERS[loader](workload, device, batch_size), w=w, b=b)

    def reset(self, state: NdState, start: Start) -> None:
        """Write the start into the arrays of a state."""
        state.w[:] = start.weight.reshape(-1, 1)
        state.b[:] = start.bias

    def parameters(self, state: NdState) -> tuple[Weight, float]:
        """Wait, and return the weight, shape (n_features,), and the bias."""
        return state.w.asnumpy().reshape(-1), float(state.b.asscalar())

    def training_loss(self, state: NdState) -> float:
        """Evaluate the loss over all samples on the device, in float32, and wait."""
        residual = mx.nd.dot(state.batches.features, state.w) + state.b
        residual = residual - state.batches.labels.reshape(residual.shape)
        return float((residual**2 / 2).mean().asscalar())


def mean_squared_loss(X: Any, y: Any, w: Any, b: Any) -> Any:
    """Write down the mean of ``(X w + b - y)^2 / 2`` over a batch, for autograd.

    Parameters
    ----------
    X : NDArray, shape (m, n_features)
    y : NDArray, shape (m,)
    w : NDArray, shape (n_features, 1)
    b : NDArray, shape (1,)

    Returns
    -------
    NDArray, shape (1,)
    """
    y_hat = mx.nd.dot(X, w) + b
    return ((y_hat - y.reshape(y_hat.shape)) ** 2 / 2).mean()
