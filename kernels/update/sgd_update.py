"""``update.sgd_update``: MXNet's fused operator.

    w = w - eta g              read w and g, write w, in one pass

Reference: MXNet 1.9 API, ``mxnet.ndarray.sgd_update``.

Differs from ``update.in_place_expression`` in needing no temporary: three passes over
memory, the fewest that can be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_updating import NdUpdateKernel

if TYPE_CHECKING:
    from kernels.backends.mxnet.nd_updating import UpdateState


class SgdUpdate(NdUpdateKernel):
    """One fused operator."""

    name = "update.sgd_update"
    operator = "sgd_update"
    bytes_per_parameter = 12

    def update(self, state: UpdateState) -> None:
        """Enqueue one update."""
        for w, g in zip(state.w, state.g, strict=True):
            mx.nd.sgd_update(w, g, out=w, lr=state.eta, wd=0.0)


KERNEL = SgdUpdate()
