"""``update.cupy_elementwise``: one kernel that CuPy writes around an expression.

    w = w - eta g              read w and g, write w, in one pass

Reference: CuPy manual, "User-defined kernels", ``cupy.ElementwiseKernel``.

Differs from ``update.cupy_expression`` in needing no temporary: one launch for each tensor,
three passes over memory instead of five.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.cupy.imports import cupy
from kernels.backends.cupy.updating import CupyUpdateKernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernels.backends.cupy.updating import CupyUpdateState
    from kernels.contract import Weight


class CupyElementwise(CupyUpdateKernel):
    """One fused kernel."""

    name = "update.cupy_elementwise"
    operator = "ElementwiseKernel"
    bytes_per_parameter = 12

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> CupyUpdateState:
        """Copy the arrays to the GPU; make the kernel."""
        state = super().prepare(device, weights, gradients, eta)
        state.apply = cupy.ElementwiseKernel(
            "float32 g, float32 eta", "float32 w", "w -= eta * g", "sgd_elementwise"
        )
        return state

    def update(self, state: CupyUpdateState) -> None:
        """Enqueue one launch for each tensor."""
        apply, eta = state.apply, state.eta
        for w, g in zip(state.w, state.g, strict=True):
            apply(g, eta, w)


KERNEL = CupyElementwise()
