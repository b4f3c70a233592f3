"""``update.in_place_expression``: ``p -= eta * g``.

    t = eta g                  read g, write the temporary t
    w = w - t                  read w and t, write w

Reference: MXNet 1.9 API, ``NDArray.__isub__``.

The same operators and bytes as ``update.assign_expression``; differs in making no view, so
there is less Python in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.nd_updating import NdUpdateKernel

if TYPE_CHECKING:
    from kernels.backends.mxnet.nd_updating import UpdateState


class InPlaceExpression(NdUpdateKernel):
    """A temporary, subtracted in place."""

    name = "update.in_place_expression"
    operator = "_mul_scalar, broadcast_sub"
    bytes_per_parameter = 20

    def update(self, state: UpdateState) -> None:
        """Enqueue one update."""
        eta = state.eta
        for w, g in zip(state.w, state.g, strict=True):
            w -= eta * g  # noqa: PLW2901 - in place, into the state's own array


KERNEL = InPlaceExpression()
