"""``cupy.closed_form``: the gradient written out, with CuPy.

    r = X w + b - y
    g = [X^T r, sum(r)]
    p = p - (eta / m) g        p = [w, b], one array

Reference: CuPy manual, "Universal functions (cupy.ufunc)", the argument ``out``; the
derivative of mean((X w + b - y)^2 / 2) by hand.

Differs from ``numpy.closed_form`` in where it runs: the same calls, each a launch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.cupy.training import (
    CupyTrainKernel,
    phases_of_gradients,
    sum_of_gradients,
)
from kernels.cost import StepCost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels.backends.cupy.training import CupyState


class CupyClosedForm(CupyTrainKernel):
    """Seven launches a step, no autograd."""

    name = "cupy.closed_form"
    operator = "multiply, subtract"
    saves = "autograd, and memory for gradients at every step"
    # X: read by either product. m values: r written by one product, read and written with b
    # (2), with y (3), read by the other product and by the sum. d + 1 values: w read, g
    # written, scaled in place (2), both read and p written (3).
    cost = StepCost(features=2, samples=8, parameters=7)

    def step(self, state: CupyState, X: Any, y: Any, eta: float) -> None:
        """Do one step."""
        sum_of_gradients(state, X, y)
        g = state.gradient
        g *= eta / len(y)
        state.theta -= g

    def phases(self, state: CupyState, X: Any, y: Any, eta: float) -> Iterator[str]:
        """Do one step, phase by phase."""
        yield from phases_of_gradients(state, X, y)
        g = state.gradient
        g *= eta / len(y)
        state.theta -= g
        yield "update"


KERNEL = CupyClosedForm()
