"""``nd.closed_form``: the gradient written out, no autograd.

    r   = X w + b - y
    g_w = X^T r / m,  g_b = sum(r) / m
    p   = p - eta g_p          by ``sgd_update``, which also does the division by m

Reference: the derivative of mean((X w + b - y)^2 / 2) by hand; the update as in
``nd.sgd_update``.

Differs from ``nd.sgd_update`` in what it does not do: no recording, no backward pass, no
loss value, no operator for the mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.closed_form_training import NdClosedFormKernel
from kernels.backends.mxnet.imports import mx
from kernels.cost import StepCost

if TYPE_CHECKING:
    from kernels.backends.mxnet.nd_training import NdState


class NdClosedForm(NdClosedFormKernel):
    """The gradient in closed form, then ``nd.sgd_update`` with ``out=``."""

    name = "nd.closed_form"
    saves = "autograd: recording, the backward pass, the loss value"
    # dot, + b, - y, dot, sum: seven reads and writes of m values, and the first dot's write.
    cost = StepCost(features=2, samples=8, parameters=5)
    operator = "sgd_update"

    def update(self, state: NdState, g_w: Any, g_b: Any, eta: float, scale: float) -> None:
        """Update by an operator for each parameter."""
        nd, w, b = mx.nd, state.w, state.b
        nd.sgd_update(w, g_w, out=w, lr=eta, wd=0.0, rescale_grad=scale)
        nd.sgd_update(b, g_b, out=b, lr=eta, wd=0.0, rescale_grad=scale)


KERNEL = NdClosedForm()
