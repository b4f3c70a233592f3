"""``update.sgd_update_row_sparse``: the lazy update of the rows that have a gradient.

    w[r] = w[r] - eta g[r]     for one row r in a hundred: read w and g, write w

Reference: MXNet 1.9 API, ``mxnet.ndarray.sparse.sgd_update`` with ``lazy_update``.

Differs from ``update.sgd_update`` in touching a hundredth of the memory: the gradient is
row-sparse, as an embedding's is, and the rows without one are left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels import sparsity
from kernels.backends.mxnet.batches import context
from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_updating import NdUpdateKernel, UpdateState

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from kernels.contract import Weight


class SgdUpdateRowSparse(NdUpdateKernel):
    """One fused operator on the rows that have a gradient."""

    name = "update.sgd_update_row_sparse"
    operator = "sgd_update"
    density = 0.01
    bytes_per_parameter = 12

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> UpdateState:
        """Copy the tensors as matrices, the gradients as their rows that are not zero."""
        ctx = context(device)
        w, g = [], []
        for weight, gradient in zip(weights, gradients, strict=True):
            shape = (-1, sparsity.width(len(weight)))
            rows = sparsity.active(len(weight), self.density)
            w.append(mx.nd.array(weight.reshape(shape), ctx=ctx))
            held = gradient.reshape(shape)
            g.append(
                mx.nd.sparse.row_sparse_array(
                    (held[rows], rows), shape=held.shape, ctx=ctx, dtype="float32"
                )
            )
        return UpdateState(w=w, g=g, eta=eta)

    def update(self, state: UpdateState) -> None:
        """Enqueue one update."""
        for w, g in zip(state.w, state.g, strict=True):
            mx.nd.sparse.sgd_update(w, g, out=w, lr=state.eta, wd=0.0, lazy_update=True)

    def parameters(self, state: UpdateState) -> list[Weight]:
        """Wait, and return the parameters, each of shape (n,)."""
        flat: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]
        flat = [w.reshape(-1) for w in super().parameters(state)]
        return flat


KERNEL = SgdUpdateRowSparse()
