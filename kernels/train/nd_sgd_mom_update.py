"""``nd.sgd_mom_update``: the closed form with MXNet's fused momentum update.

    r = X w + b - y
    g = X^T r / m
    v = mu v - eta g           by ``sgd_mom_update``, which also does the division by m
    p = p + v

Reference: MXNet 1.9 API, ``mxnet.ndarray.sgd_mom_update``.

Differs from ``nd.closed_form`` in the velocities, one array for each parameter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.closed_form_training import NdClosedFormKernel
from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_training import NdState
from kernels.cost import StepCost
from kernels.rule import VELOCITY_WITH_RATE

if TYPE_CHECKING:
    from data.workload import Workload
    from kernels.contract import Start


@dataclass
class MomentumState(NdState):
    """Arrays of one training with momentum.

    Attributes
    ----------
    states : tuple of NDArray
        The velocities of w, shape (n_features, 1), and of b, shape (1,).
    """

    states: tuple[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        """Put the velocities at rest."""
        self.states = (mx.nd.zeros_like(self.w), mx.nd.zeros_like(self.b))


class NdSgdMomUpdate(NdClosedFormKernel):
    """The gradient in closed form, then ``nd.sgd_mom_update`` with ``out=``."""

    name = "nd.sgd_mom_update"
    operator = "sgd_mom_update"
    saves = "what nd.closed_form saves"
    rule = VELOCITY_WITH_RATE
    # As nd.closed_form, and the velocity read and written.
    cost = StepCost(features=2, samples=8, parameters=7)

    def prepare(
        self, workload: Workload, device: str, batch_size: int, loader: str, start: Start
    ) -> MomentumState:
        """Copy the data and the start to the device; put the velocities at rest."""
        plain = super().prepare(workload, device, batch_size, loader, start)
        return MomentumState(plain.batches, plain.w, plain.b)

    def reset(self, state: Any, start: Start) -> None:
        """Write the start into the arrays of a state, and put its velocities at rest."""
        super().reset(state, start)
        for velocity in state.states:
            velocity[:] = 0.0

    def update(
        self, state: MomentumState, g_w: Any, g_b: Any, eta: float, scale: float
    ) -> None:
        """Update by an operator for each parameter and its velocity."""
        nd, w, b = mx.nd, state.w, state.b
        (v_w, v_b), mu = state.states, self.rule.momentum
        nd.sgd_mom_update(w, g_w, v_w, out=w, lr=eta, momentum=mu, wd=0.0, rescale_grad=scale)
        nd.sgd_mom_update(b, g_b, v_b, out=b, lr=eta, momentum=mu, wd=0.0, rescale_grad=scale)


KERNEL = NdSgdMomUpdate()
