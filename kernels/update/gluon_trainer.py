"""``update.gluon_trainer``: ``Trainer.update`` on one ``Parameter``.

    w = w - eta g              by ``multi_sgd_update``: read w and g, write w, in one pass

Reference: MXNet 1.9 API, ``gluon.Trainer.update``.

Differs from ``update.multi_sgd_update`` in the Python between the call and the operator:
looking up the parameter, its optimizer, its rate and its multipliers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.mxnet.batches import context
from kernels.backends.mxnet.imports import mx
from kernels.backends.mxnet.nd_updating import NdUpdateKernel, UpdateState

if TYPE_CHECKING:
    from kernels.contract import Weight


class GluonTrainerUpdate(NdUpdateKernel):
    """Gluon's trainer, update only."""

    name = "update.gluon_trainer"
    operator = "multi_sgd_update"
    bytes_per_parameter = 12

    def prepare(self, device: str, weight: Weight, gradient: Weight, eta: float) -> UpdateState:
        """Make a parameter with its gradient, and a trainer for it."""
        ctx = context(device)
        parameter = mx.gluon.Parameter("weight", shape=weight.shape)
        parameter.initialize(ctx=ctx)
        parameter.set_data(mx.nd.array(weight, ctx=ctx))
        parameter.list_grad()[0][:] = mx.nd.array(gradient, ctx=ctx)
        trainer = mx.gluon.Trainer([parameter], "sgd", {"learning_rate": eta})
        return UpdateState(
            parameter.data(), parameter.list_grad()[0], eta, (trainer, parameter)
        )

    def update(self, state: UpdateState) -> None:
        """Enqueue one update; the gradient is marked fresh, as after a backward pass."""
        trainer, _ = state.apply
        state.w._fresh_grad = True  # what a backward pass sets
        trainer.update(1)


KERNEL = GluonTrainerUpdate()
