"""``update.multi_sgd_update``: MXNet's fused operator for many tensors, given one.

    w = w - eta g              read w and g, write w, in one pass

Reference: MXNet 1.9 API, ``mxnet.ndarray.multi_sgd_update``.

Differs from ``update.sgd_update`` in the loop inside: element by element over all tensors
it was given, so that one launch serves them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_updating import NdUpdateKernel

if TYPE_CHECKING:
    from kernels.backends.mxnet.nd_updating import UpdateState


class MultiSgdUpdate(NdUpdateKernel):
    """One fused operator for a list of tensors."""

    name = "update.multi_sgd_update"
    operator = "multi_sgd_update"
    bytes_per_parameter = 12

    def update(self, state: UpdateState) -> None:
        """Enqueue one update."""
        mx.nd.multi_sgd_update(
            state.w, state.g, out=[state.w], lrs=(state.eta,), wds=(0.0,), num_weights=1
        )


KERNEL = MultiSgdUpdate()
