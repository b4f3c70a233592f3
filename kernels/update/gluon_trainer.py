"""``update.gluon_trainer``: ``Trainer.update`` on Gluon's parameters.

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
    from collections.abc import Sequence

    from kernels.contract import Weight


class GluonTrainerUpdate(NdUpdateKernel):
    """Gluon's trainer, update only."""

    name = "update.gluon_trainer"
    operator = "multi_sgd_update"
    bytes_per_parameter = 12

    def prepare(
        self, device: str, weights: Sequence[Weight], gradients: Sequence[Weight], eta: float
    ) -> UpdateState:
        """Make parameters with their gradients, and a trainer for them."""
        ctx = context(device)
        parameters = []
        for number, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
            parameter = mx.gluon.Parameter(f"weight{number}", shape=weight.shape)
            parameter.initialize(ctx=ctx)
            parameter.set_data(mx.nd.array(weight, ctx=ctx))
            parameter.list_grad()[0][:] = mx.nd.array(gradient, ctx=ctx)
            parameters.append(parameter)
        trainer = mx.gluon.Trainer(parameters, "sgd", {"learning_rate": eta})
        w = [parameter.data() for parameter in parameters]
        g = [parameter.list_grad()[0] for parameter in parameters]
        return UpdateState(w, g, eta, apply=trainer)

    def update(self, state: UpdateState) -> None:
        """Enqueue one update; the gradients are marked fresh, as after a backward pass."""
        for w in state.w:
            w._fresh_grad = True  # what a backward pass sets
        state.apply.update(1)


KERNEL = GluonTrainerUpdate()
