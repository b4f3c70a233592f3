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

from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_training import NdTrainKernel
from kernels.cost import StepCost

if TYPE_CHECKING:
    from kernels.backends.mxnet.nd_training import NdState


class NdClosedForm(NdTrainKernel):
    """The gradient in closed form, then ``nd.sgd_update`` with ``out=``."""

    name = "nd.closed_form"
    saves = "autograd: recording, the backward pass, the loss value"
    # dot, + b, - y, dot, sum: seven reads and writes of m values, and the first dot's write.
    cost = StepCost(features=2, samples=8, parameters=5)
    operator = "sgd_update"
    autograd = False

    def step(self, state: NdState, X: Any, y: Any, eta: float) -> None:
        """Do one step without autograd."""
        nd, w, b = mx.nd, state.w, state.b
        m = X.shape[0]
        r = nd.dot(X, w) + b - y.reshape((m, 1))
        g_w = nd.dot(X, r, transpose_a=True)
        g_b = r.sum()
        nd.sgd_update(w, g_w, out=w, lr=eta, wd=0.0, rescale_grad=1.0 / m)
        nd.sgd_update(b, g_b, out=b, lr=eta, wd=0.0, rescale_grad=1.0 / m)


KERNEL = NdClosedForm()
