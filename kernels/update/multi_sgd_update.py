"""``update.multi_sgd_update``: MXNet's fused operator for many tensors.

    w = w - eta g              read w and g, write w, in one pass

Reference: MXNet 1.9 API, ``mxnet.ndarray.multi_sgd_update``.

Differs from ``update.sgd_update`` in the loop inside: element by element over all tensors
it was given, up to 60, so that one launch serves them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_updating import NdUpdateKernel, groups, interleaved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernels.backends.mxnet.nd_updating import UpdateState
    from kernels.contract import Weight


class MultiSgdUpdate(NdUpdateKernel):
    """One fused operator for a list of tensors."""

    name = "update.multi_sgd_update"
    operator = "multi_sgd_update"
    bytes_per_parameter = 12

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> UpdateState:
        """Copy the tensors to the device; list the arguments of each operator."""
        state = super().prepare(device, weights, gradients, eta)
        state.apply = [
            (interleaved(state.w[part], state.g[part]), state.w[part], len(state.w[part]))
            for part in groups(len(state.w))
        ]
        return state

    def update(self, state: UpdateState) -> None:
        """Enqueue one update."""
        for arrays, w, n in state.apply:
            rates, decays = (state.eta,) * n, (0.0,) * n
            mx.nd.multi_sgd_update(*arrays, out=w, lrs=rates, wds=decays, num_weights=n)


KERNEL = MultiSgdUpdate()
