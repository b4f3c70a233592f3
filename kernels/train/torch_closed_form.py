"""``torch.closed_form``: the gradient by hand, the update inside the product.

    r = X w - y                by ``addmv``
    r = r + b
    w = w - (eta / m) X^T r    by ``addmv_``, which never stores the gradient
    b = b - (eta / m) sum(r)

Reference: the derivative of mean((X w + b - y)^2 / 2) by hand; PyTorch manual,
``torch.addmv``.

Differs from ``torch.manual`` in what it does not do: no recording, no backward pass, no
loss value, no gradient in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.torch.imports import torch
from kernels.backends.torch.training import TorchTrainKernel
from kernels.cost import StepCost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels.backends.torch.training import TorchState


class TorchClosedForm(TorchTrainKernel):
    """Five operators a step, no autograd."""

    name = "torch.closed_form"
    operator = "addmv_, add_"
    saves = "autograd, and every temporary but the residuals"
    # X: read by either product. m values: y copied to r (2), r read and written by the
    # product (2) and with b (2), read by the other product and by the sum (2). d + 1 values:
    # w read by one product, read and written by the other.
    cost = StepCost(features=2, samples=8, parameters=3)

    def step(self, state: TorchState, X: Any, y: Any, eta: float) -> None:
        """Do one step without autograd."""
        w, b, minus_rate = state.w, state.b, -eta / X.shape[0]
        r = torch.addmv(y, X, w, beta=-1).add_(b)
        w.addmv_(X.t(), r, alpha=minus_rate)
        b.add_(r.sum(), alpha=minus_rate)

    def phases(self, state: TorchState, X: Any, y: Any, eta: float) -> Iterator[str]:
        """Do one step, phase by phase; the gradient is a part of the update."""
        w, b, minus_rate = state.w, state.b, -eta / X.shape[0]
        r = torch.addmv(y, X, w, beta=-1).add_(b)
        yield "forward"
        w.addmv_(X.t(), r, alpha=minus_rate)
        b.add_(r.sum(), alpha=minus_rate)
        yield "update"


KERNEL = TorchClosedForm()
