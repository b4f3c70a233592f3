"""``nd.preloaded_multi_sgd_update``: autograd, one update whose rates are on the device.

    w, b = w - eta g_w, b - eta g_b    one operator, eta from an array on the device

Reference: MXNet 1.9 API, ``mxnet.ndarray.preloaded_multi_sgd_update``.

Differs from ``nd.multi_sgd_update`` in where the rates are: those of a whole epoch are
copied once, and a step takes its row of them. It is the operator for rates that are
computed on the device; here, where they come from a schedule, it has nothing to save.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kernels.backends.mxnet.autograd_training import NdAutogradKernel, recorded_loss
from kernels.backends.mxnet.imports import mx
from kernels.cost import StepCost

if TYPE_CHECKING:
    from kernels.backends.mxnet.nd_training import NdState
    from kernels.contract import Order, Rates


def update(state: NdState, lrs: Any, wds: Any) -> None:
    """Update both parameters by one operator, with rates and decays of shape (2,)."""
    w, b = state.w, state.b
    mx.nd.preloaded_multi_sgd_update(w, w.grad, b, b.grad, lrs, wds, out=[w, b], num_weights=2)


class NdPreloadedMultiSgdUpdate(NdAutogradKernel):
    """Autograd, then ``nd.preloaded_multi_sgd_update`` with a row of rates."""

    name = "nd.preloaded_multi_sgd_update"
    operator = "preloaded_multi_sgd_update"
    saves = "passing rates from the host, where they are computed on the device"
    # As nd.multi_sgd_update, and a rate and a decay for each of two tensors.
    cost = StepCost(features=2, samples=19, parameters=5)

    def update(self, state: NdState, eta: float) -> None:
        """Update with a rate that is copied to the device for it."""
        lrs = mx.nd.full((2,), eta, ctx=state.w.context)
        update(state, lrs, mx.nd.zeros_like(lrs))

    def epoch(self, state: NdState, order: Order, learning_rates: Rates) -> None:
        """Copy the epoch's rates once, then enqueue one step for each batch."""
        ctx = state.w.context
        both = np.repeat(np.asarray(learning_rates, dtype=np.float32), 2).reshape(-1, 2)
        rates = mx.nd.array(both, ctx=ctx, dtype="float32")
        decays = mx.nd.zeros((2,), ctx=ctx)
        steps = zip(state.batches(order), range(len(both)), strict=True)
        for (X, y), number in steps:
            recorded_loss(state, X, y).backward()
            update(state, rates[number], decays)


KERNEL = NdPreloadedMultiSgdUpdate()
