"""``gluon.momentum``: ``gluon.hybrid`` with momentum.

    l = (Dense(X) - y)^2 / 2           one cached graph, forward and backward
    v = mu v - eta / m  d(sum l)/dp    by ``Trainer.step(m)``
    p = p + v

Reference: MXNet 1.9 API, ``optimizer.SGD`` with ``momentum``.

Differs from ``gluon.hybrid`` in the velocity, which the trainer keeps.
"""

from __future__ import annotations

from kernels.cost import StepCost
from kernels.rule import VELOCITY_WITH_RATE
from kernels.train.gluon_hybrid import GluonHybrid


class GluonMomentum(GluonHybrid):
    """``gluon.hybrid`` with ``Trainer`` 'sgd' and momentum."""

    name = "gluon.momentum"
    operator = "multi_sgd_mom_update"
    saves = "what gluon.hybrid saves"
    rule = VELOCITY_WITH_RATE
    # As gluon.hybrid, and the velocity read and written.
    cost = StepCost(features=2, samples=18, parameters=7)


KERNEL = GluonMomentum()
