"""``update.new_array``: ``p = p - eta * g``.

    t = eta g                  read g, write the temporary t
    w' = w - t                 read w and t, write the new array w'

Reference: MXNet 1.9 API, ``NDArray.__sub__``.

Differs from ``update.in_place_expression`` in writing to a new array at every update: as
many bytes, but one more allocation, and memory that no cache holds yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.nd_updating import NdUpdateKernel

if TYPE_CHECKING:
    from kernels.backends.mxnet.nd_updating import UpdateState


class NewArray(NdUpdateKernel):
    """A temporary and a new array."""

    name = "update.new_array"
    operator = "_mul_scalar, broadcast_sub"
    bytes_per_parameter = 20

    def update(self, state: UpdateState) -> None:
        """Enqueue one update."""
        eta = state.eta
        state.w = [w - eta * g for w, g in zip(state.w, state.g, strict=True)]


KERNEL = NewArray()
