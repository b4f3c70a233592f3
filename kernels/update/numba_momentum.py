"""``update.numba_momentum``: the update with momentum as a compiled loop.

    v = mu v - eta g           read v, g and w, write v and w, in one pass
    w = w + v

Reference: ``kernels.rule``, the rate inside the velocity, as MXNet's ``sgd_mom_update``.

Differs from ``update.numba_loop`` in the velocity: 20 bytes a parameter instead of 12.
"""

from __future__ import annotations

from kernels.backends.numba.updating import NumbaUpdateKernel
from kernels.rule import VELOCITY_WITH_RATE


class NumbaMomentum(NumbaUpdateKernel):
    """A compiled loop with momentum, on one core."""

    name = "update.numba_momentum"
    operator = "compiled loop"
    rule = VELOCITY_WITH_RATE
    bytes_per_parameter = 20


KERNEL = NumbaMomentum()
