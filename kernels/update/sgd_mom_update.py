"""``update.sgd_mom_update``: MXNet's fused operator with momentum.

    v = mu v - eta g           read v, g and w, write v and w, in one pass
    w = w + v

Reference: MXNet 1.9 API, ``mxnet.ndarray.sgd_mom_update``.

Differs from ``update.sgd_update`` in the velocity: 20 bytes a parameter instead of 12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_updating import NdUpdateKernel
from kernels.rule import VELOCITY_WITH_RATE

if TYPE_CHECKING:
    from kernels.backends.mxnet.nd_updating import UpdateState


class SgdMomUpdate(NdUpdateKernel):
    """One fused operator, with momentum."""

    name = "update.sgd_mom_update"
    operator = "sgd_mom_update"
    rule = VELOCITY_WITH_RATE
    bytes_per_parameter = 20

    def update(self, state: UpdateState) -> None:
        """Enqueue one update."""
        mu = self.rule.momentum
        for w, g, v in zip(state.w, state.g, state.v, strict=True):
            mx.nd.sgd_mom_update(w, g, v, out=w, lr=state.eta, momentum=mu, wd=0.0)


KERNEL = SgdMomUpdate()
