"""``nd.autograd``: the published loop.

    l = mean((X w + b - y)^2 / 2)
    p = p - eta dl/dp          for p in (w, b)

Reference: *Dive into Deep Learning*, "Mini-batch Stochastic Gradient Descent", the
function ``sgd`` on ``nd`` arrays with its ``params, states, hyperparams`` arguments.

This is the first rung: the loss and its gradient by autograd, the update written out, so
that each parameter costs a temporary for ``eta g`` and two operators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernels.backends.mxnet.autograd_training import NdAutogradKernel
from kernels.cost import StepCost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kernels.backends.mxnet.nd_training import NdState


def sgd(params: Sequence[Any], states: object, hyperparams: Mapping[str, float]) -> None:  # noqa: ARG001
    """Update each parameter by its gradient.

    Parameters
    ----------
    params : sequence of NDArray
        Each with its gradient attached.
    states : object
        Not used: plain SGD remembers nothing. Other optimisers keep theirs here.
    hyperparams : mapping
        ``lr``, the learning rate.
    """
    for p in params:
        p[:] -= hyperparams["lr"] * p.grad


class NdAutograd(NdAutogradKernel):
    """Autograd, then ``p[:] -= lr * p.grad``."""

    name = "nd.autograd"
    saves = "data loading: Python for every sample, whatever the batch size"
    # Each operator of m values reads its inputs and writes its output, forward and back.
    cost = StepCost(features=2, samples=19, parameters=7)
    operator = "_mul_scalar, broadcast_sub"

    def update(self, state: NdState, eta: float) -> None:
        """Update as published."""
        sgd([state.w, state.b], None, {"lr": eta})


KERNEL = NdAutograd()
