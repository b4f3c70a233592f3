"""``nd.fused_momentum``: ``nd.fused`` with momentum.

    v = mu v - (eta / m) g
    p = p + v

Reference: MXNet 1.9 API, ``mxnet.ndarray.sgd_mom_update``.

Differs from ``nd.fused`` in the velocity alone, one more value a parameter.
"""

from __future__ import annotations

from kernels.rule import VELOCITY_WITH_RATE
from kernels.train.nd_fused import NdFused


class NdFusedMomentum(NdFused):
    """An epoch in compiled code with momentum, on the memory of NDArrays."""

    name = "nd.fused_momentum"
    saves = "what nd.fused saves"
    rule = VELOCITY_WITH_RATE


KERNEL = NdFusedMomentum()
