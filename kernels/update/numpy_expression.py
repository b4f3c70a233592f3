"""``update.numpy_expression``: ``w -= eta * g``.

    t = eta g                  read g, write the temporary t
    w = w - t                  read w and t, write w

Reference: NumPy manual, ``ndarray.__isub__``.

The same operators and bytes as ``update.in_place_expression`` of MXNet, with no queue
between the call and the loop. Every update allocates its temporary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.numpy.updating import NumpyUpdateKernel

if TYPE_CHECKING:
    from kernels.backends.numpy.updating import NumpyUpdateState


class NumpyExpression(NumpyUpdateKernel):
    """A new temporary, subtracted in place."""

    name = "update.numpy_expression"
    operator = "multiply, subtract"
    bytes_per_parameter = 20

    def update(self, state: NumpyUpdateState) -> None:
        """Update every tensor in turn."""
        w, eta = state.w, state.eta
        for i, g in enumerate(state.g):
            w[i] -= eta * g


KERNEL = NumpyExpression()
