"""``nd.multi_sgd_update``: autograd, then one operator that updates all parameters.

    p_i = p_i - eta g_i        for all i, in one operator, in place

Reference: MXNet 1.9 API, ``mxnet.ndarray.multi_sgd_update``.

Differs from ``nd.sgd_update`` in dispatching one operator where that dispatches two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.autograd_training import NdAutogradKernel
from kernels.backends.mxnet.imports import mx
from kernels.cost import StepCost

if TYPE_CHECKING:
    from kernels.backends.mxnet.nd_training import NdState


class NdMultiSgdUpdate(NdAutogradKernel):
    """Autograd, then ``nd.multi_sgd_update`` with ``out=``."""

    name = "nd.multi_sgd_update"
    saves = "an update operator: one for both parameters"
    # Each operator of m values reads its inputs and writes its output, forward and back.
    cost = StepCost(features=2, samples=19, parameters=5)
    operator = "multi_sgd_update"

    def update(self, state: NdState, eta: float) -> None:
        """Update both parameters by one operator."""
        w, b = state.w, state.b
        mx.nd.multi_sgd_update(
            w, w.grad, b, b.grad, out=[w, b], lrs=(eta, eta), wds=(0.0, 0.0), num_weights=2
        )


KERNEL = NdMultiSgdUpdate()
