"""``numpy.closed_form``: the gradient written out, in NumPy, with nothing allocated.

    r   = X w + b - y
    g_w = X^T r / m,  g_b = sum(r) / m
    p   = p - eta g_p          by ``multiply`` and ``subtract``, in place

Reference: the derivative of mean((X w + b - y)^2 / 2) by hand.

Weights and bias lie in one vector, as their gradients do, so that one update serves both.
Every result goes to memory that is there already (``out=``), and the division by m is part
of the product with eta.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.numpy.training import (
    NumpyTrainKernel,
    phases_of_gradients,
    sum_of_gradients,
)
from kernels.cost import StepCost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels.backends.numpy.training import NumpyState


class NumpyClosedForm(NumpyTrainKernel):
    """Seven NumPy calls a step."""

    name = "numpy.closed_form"
    operator = "multiply, subtract"
    saves = (
        "dispatch: calls straight into compiled loops on the CPU, with no queue, no device "
        "and no recording between"
    )
    # X: read by either product. m values: r written; read and written with b; read with y
    # and written; read by the product and by the sum. d + 1 values: w read, g written, g
    # scaled in place (2), both read and w written (3).
    cost = StepCost(features=2, samples=8, parameters=7)

    def step(self, state: NumpyState, X: Any, y: Any, eta: float) -> None:
        """Do one step."""
        sum_of_gradients(state, X, y)
        g = state.gradient
        g *= eta / len(y)
        state.theta -= g

    def phases(self, state: NumpyState, X: Any, y: Any, eta: float) -> Iterator[str]:
        """Do one step, phase by phase."""
        yield from phases_of_gradients(state, X, y)
        g = state.gradient
        g *= eta / len(y)
        state.theta -= g
        yield "update"


KERNEL = NumpyClosedForm()
