"""``update.multi_sgd_mom_update``: momentum for many tensors in one operator.

    v = mu v - eta g           read v, g and w, write v and w, in one pass
    w = w + v

Reference: MXNet 1.9 API, ``mxnet.ndarray.multi_sgd_mom_update``.

Differs from ``update.sgd_mom_update`` in the loop inside: one launch for up to 60 tensors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_updating import NdUpdateKernel, groups, interleaved
from kernels.rule import VELOCITY_WITH_RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernels.backends.mxnet.nd_updating import UpdateState
    from kernels.contract import Weight


class MultiSgdMomUpdate(NdUpdateKernel):
    """One fused operator for a list of tensors, with momentum."""

    name = "update.multi_sgd_mom_update"
    operator = "multi_sgd_mom_update"
    rule = VELOCITY_WITH_RATE
    bytes_per_parameter = 20

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> UpdateState:
        """Copy the tensors to the device; list the arguments of each operator."""
        state = super().prepare(device, weights, gradients, eta)
        state.apply = [
            (interleaved(state.w[part], state.g[part], state.v[part]), state.w[part])
            for part in groups(len(state.w))
        ]
        return state

    def update(self, state: UpdateState) -> None:
        """Enqueue one update."""
        for arrays, w in state.apply:
            n = len(w)
            mx.nd.multi_sgd_mom_update(
                *arrays,
                out=w,
                lrs=(state.eta,) * n,
                wds=(0.0,) * n,
                momentum=self.rule.momentum,
                num_weights=n,
            )


KERNEL = MultiSgdMomUpdate()
