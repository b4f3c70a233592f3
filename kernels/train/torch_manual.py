"""``torch.manual``: autograd, and the update written by hand.

    loss = mean((X w + b - y)^2) / 2
    p = p - eta dloss/dp       for p in (w, b), two operators each

Reference: PyTorch tutorial, "Learning PyTorch with Examples", the section on autograd; the
model as in *Dive into Deep Learning*, "Linear Regression Implementation from Scratch".

The first rung of PyTorch: every operator of the formula is recorded, called and written to
memory of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.torch.imports import torch
from kernels.backends.torch.training import TorchTrainKernel
from kernels.cost import StepCost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernels.backends.torch.training import TorchState


def mean_squared_loss(state: TorchState, X: Any, y: Any) -> Any:
    """Enqueue the mean of ``(X w + b - y)^2 / 2`` over a batch, recorded; shape ()."""
    return ((X @ state.w + state.b - y) ** 2).mean() / 2


def update(state: TorchState, eta: float) -> None:
    """Update each parameter by its gradient, and let go of that."""
    w, b = state.w, state.b
    with torch.no_grad():
        w -= eta * w.grad
        b -= eta * b.grad
    w.grad = b.grad = None


class TorchManual(TorchTrainKernel):
    """Autograd, then ``p -= eta * p.grad`` under ``no_grad``."""

    name = "torch.manual"
    operator = "mul, sub_"
    autograd = True
    saves = "nothing: it is PyTorch's first rung, which the others are put against"
    # X: read by either product. m values, forward: product written; with b read and written
    # (2); with y read and written (3); squared (2); read by the mean. Backward: gradient of
    # the mean written; r^1 taken of r (2), doubled (2), times that gradient (3); read by the
    # sum and by the product (2). d + 1 values: w read, g written, eta g read and written (2),
    # both read and w written (3).
    cost = StepCost(features=2, samples=19, parameters=7)

    def step(self, state: TorchState, X: Any, y: Any, eta: float) -> None:
        """Do one step."""
        loss = mean_squared_loss(state, X, y)
        loss.backward()
        update(state, eta)

    def phases(self, state: TorchState, X: Any, y: Any, eta: float) -> Iterator[str]:
        """Do one step, phase by phase."""
        loss = mean_squared_loss(state, X, y)
        yield "forward"
        loss.backward()
        yield "backward"
        update(state, eta)
        yield "update"


KERNEL = TorchManual()
