"""``update.preloaded_multi_sgd_update``: as ``update.multi_sgd_update``, rates on the device.

    w = w - eta g              read w and g, write w, in one pass

Reference: MXNet 1.9 API, ``mxnet.ndarray.preloaded_multi_sgd_update``.

Differs from ``update.multi_sgd_update`` in taking the learning rates and weight decays as
arrays that are on the device already, so that a rate computed there never comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.batches import context
from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_updating import NdUpdateKernel, groups, interleaved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernels.backends.mxnet.nd_updating import UpdateState
    from kernels.contract import Weight


class PreloadedMultiSgdUpdate(NdUpdateKernel):
    """One fused operator for a list of tensors, its rates in arrays."""

    name = "update.preloaded_multi_sgd_update"
    operator = "preloaded_multi_sgd_update"
    bytes_per_parameter = 12

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> UpdateState:
        """Copy the tensors and the rates to the device."""
        state = super().prepare(device, weights, gradients, eta)
        ctx, state.apply = context(device), []
        for part in groups(len(state.w)):
            w = state.w[part]
            rates = mx.nd.full((len(w),), eta, ctx=ctx)
            decays = mx.nd.zeros((len(w),), ctx=ctx)
            state.apply.append(([*interleaved(w, state.g[part]), rates, decays], w))
        return state

    def update(self, state: UpdateState) -> None:
        """Enqueue one update."""
        for arrays, w in state.apply:
            mx.nd.preloaded_multi_sgd_update(*arrays, out=w, num_weights=len(w))


KERNEL = PreloadedMultiSgdUpdate()
