"""``update.assign_expression``: the published line, ``p[:] -= eta * g``.

    t = eta g                  read g, write the temporary t
    w = w - t                  read w and t, write w

Reference: *Dive into Deep Learning*, "Mini-batch Stochastic Gradient Descent".

Five passes over memory where three would do. The slice is a view; MXNet skips the copy
of the view onto itself that the line asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.nd_updating import NdUpdateKernel

if TYPE_CHECKING:
    from kernels.backends.mxnet.nd_updating import UpdateState


class AssignExpression(NdUpdateKernel):
    """A temporary, subtracted through a view."""

    name = "update.assign_expression"
    operator = "_mul_scalar, broadcast_sub"
    bytes_per_parameter = 20

    def update(self, state: UpdateState) -> None:
        """Enqueue one update."""
        for w, g in zip(state.w, state.g, strict=True):
            w[:] -= state.eta * g


KERNEL = AssignExpression()
