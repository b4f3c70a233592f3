"""``gluon.trainer``: the same training in Gluon, imperatively.

    l = (Dense(X) - y)^2 / 2           shape (m,)
    p = p - eta / m  d(sum l)/dp       by ``Trainer.step(m)``

Reference: *Dive into Deep Learning*, "Mini-batch Stochastic Gradient Descent", the
version with ``gluon.Trainer``; MXNet 1.9 API, ``gluon.Trainer``, ``gluon.loss.L2Loss``.

Differs from ``nd.autograd`` in going through Gluon's layers of Python. On one device the
trainer groups its updates in ``multi_sgd_update``, not ``sgd_update``.
"""

from __future__ import annotations

from typing import Any

from kernels.backends.mxnet.gluon_training import GluonTrainKernel
from kernels.backends.mxnet.imports import mx
from kernels.cost import StepCost


class GluonTrainer(GluonTrainKernel):
    """``nn.Dense(1)``, ``L2Loss`` and ``Trainer`` 'sgd', operator by operator."""

    name = "gluon.trainer"
    saves = "writing the loop's formulas, not time: the same operators from Gluon's layers"
    # Dense, the loss and their backward passes, an operator each.
    cost = StepCost(features=2, samples=18, parameters=5)

    def loss_of(self, net: Any) -> Any:
        """Run the network, then the loss."""
        loss = mx.gluon.loss.L2Loss()
        return lambda X, y: loss(net(X), y)


KERNEL = GluonTrainer()
