"""``numba.momentum``: ``numba.epoch`` with momentum.

    v = mu v - (eta / m) g
    p = p + v

Reference: ``kernels.rule``, the rate inside the velocity, as MXNet's ``sgd_mom_update``.

Differs from ``numba.epoch`` in the velocity alone, one more value a parameter.
"""

from __future__ import annotations

from kernels.rule import VELOCITY_WITH_RATE
from kernels.train.numba_epoch import NumbaEpoch


class NumbaMomentum(NumbaEpoch):
    """An epoch in compiled code with momentum, on NumPy arrays."""

    name = "numba.momentum"
    saves = "what numba.epoch saves"
    rule = VELOCITY_WITH_RATE


KERNEL = NumbaMomentum()
