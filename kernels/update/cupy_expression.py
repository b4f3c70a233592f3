"""``update.cupy_expression``: ``w -= eta * g`` with CuPy arrays.

    t = eta g                  read g, write the temporary t
    w = w - t                  read w and t, write w

Reference: CuPy manual, "Universal functions (cupy.ufunc)".

Differs from ``update.numpy_expression`` in where it runs: two launches, and a temporary from
CuPy's pool of memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.cupy.imports import cupy
from kernels.backends.cupy.updating import CupyUpdateKernel

if TYPE_CHECKING:
    from kernels.backends.cupy.updating import CupyUpdateState


class CupyExpression(CupyUpdateKernel):
    """A temporary, subtracted in place."""

    name = "update.cupy_expression"
    operator = "multiply, subtract"
    bytes_per_parameter = 20

    def update(self, state: CupyUpdateState) -> None:
        """Enqueue two launches for each tensor."""
        eta, subtract = state.eta, cupy.subtract
        for w, g in zip(state.w, state.g, strict=True):
            subtract(w, eta * g, out=w)


KERNEL = CupyExpression()
