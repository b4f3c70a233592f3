"""``nd.sgd_update``: autograd, then MXNet's fused update operator.

    w = w - eta g              one operator for each parameter, in place

Reference: MXNet 1.9 API, ``mxnet.ndarray.sgd_update``.

Differs from ``nd.autograd`` in the update alone: one operator a parameter instead of two,
and no temporary for ``eta g``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.autograd_training import NdAutogradKernel
from kernels.backends.mxnet.imports import mx
from kernels.cost import StepCost

if TYPE_CHECKING:
    from kernels.backends.mxnet.nd_training import NdState


class NdSgdUpdate(NdAutogradKernel):
    """Autograd, then ``nd.sgd_update`` with ``out=``."""

    name = "nd.sgd_update"
    saves = "an operator for each parameter, and the temporary for eta g"
    # Each operator of m values reads its inputs and writes its output, forward and back.
    cost = StepCost(features=2, samples=19, parameters=5)
    operator = "sgd_update"

    def update(self, state: NdState, eta: float) -> None:
        """Update by an operator for each parameter."""
        for p in (state.w, state.b):
            mx.nd.sgd_update(p, p.grad, out=p, lr=eta, wd=0.0)


KERNEL = NdSgdUpdate()
