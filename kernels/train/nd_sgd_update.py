"""``nd.sgd_update``: autograd, then MXNet's fused update operator.

    w = w - eta g              one operator for each parameter, in place

Reference: MXNet 1.9 API, ``mxnet.ndarray.sgd_update``.

Differs from ``nd.autograd`` in the update alone: one operator a parameter instead of two,
and no temporary for ``eta g``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_training import NdTrainKernel, mean_squared_loss
from kernels.cost import StepCost

if TYPE_CHECKING:
    from kernels.backends.mxnet.nd_training import NdState


class NdSgdUpdate(NdTrainKernel):
    """Autograd, then ``nd.sgd_update`` with ``out=``."""

    name = "nd.sgd_update"
    saves = "an operator for each parameter, and the temporary for eta g"
    # Each operator of m values reads its inputs and writes its output, forward and back.
    cost = StepCost(features=2, samples=19, parameters=5)
    operator = "sgd_update"

    def step(self, state: NdState, X: Any, y: Any, eta: float) -> None:
        """Do one step, an update operator for each parameter."""
        with mx.autograd.record():
            loss = mean_squared_loss(X, y, state.w, state.b)
        loss.backward()
        for p in (state.w, state.b):
            mx.nd.sgd_update(p, p.grad, out=p, lr=eta, wd=0.0)


KERNEL = NdSgdUpdate()
