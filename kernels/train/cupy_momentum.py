"""``cupy.momentum``: the closed form with momentum.

    g = [X^T r, sum(r)] / m    with r = X w + b - y
    v = mu v - eta g
    p = p + v

Reference: Sutskever, Martens, Dahl & Hinton 2013, ICML, PMLR 28:1139, equations 1 and 2.

Differs from ``cupy.closed_form`` in the velocity: two launches more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.cupy.training import (
    CupyTrainKernel,
    phases_of_gradients,
    sum_of_gradients,
)
from kernels.cost import StepCost
from kernels.rule import VELOCITY_WITH_RATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels.backends.cupy.training import CupyState


class CupyMomentum(CupyTrainKernel):
    """Nine launches a step."""

    name = "cupy.momentum"
    operator = "multiply, multiply, subtract, add"
    rule = VELOCITY_WITH_RATE
    saves = "nothing: it adds the velocity to cupy.closed_form, to show what that costs"
    # As cupy.closed_form; d + 1 values: v scaled in place (2), and one operator of two reads
    # and a write more (3).
    cost = StepCost(features=2, samples=8, parameters=12)

    def step(self, state: CupyState, X: Any, y: Any, eta: float) -> None:
        """Do one step."""
        sum_of_gradients(state, X, y)
        g, v = state.gradient, state.velocity
        v *= self.rule.momentum
        g *= eta / len(y)
        v -= g
        state.theta += v

    def phases(self, state: CupyState, X: Any, y: Any, eta: float) -> Iterator[str]:
        """Do one step, phase by phase."""
        yield from phases_of_gradients(state, X, y)
        g, v = state.gradient, state.velocity
        v *= self.rule.momentum
        g *= eta / len(y)
        v -= g
        state.theta += v
        yield "update"


KERNEL = CupyMomentum()
