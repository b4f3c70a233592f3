"""``cupy.cuda_epoch_momentum``: as ``cupy.cuda_epoch``, with momentum.

    for each batch:  g = [X^T r, sum(r)] / m    with r = X w + b - y
                     v = mu v - eta g
                     p = p + v                  p = [w, b] and v in shared memory

Reference: ``kernels/cuda/sgd.cu``; CuPy manual, "Raw modules".

Differs from ``cupy.cuda_epoch`` in the velocity, which lies beside the parameters.
"""

from __future__ import annotations

from kernels.backends.cupy.cuda import CupyEpochKernel
from kernels.cuda import source
from kernels.rule import VELOCITY_WITH_RATE


class CupyCudaEpochMomentum(CupyEpochKernel):
    """``sgd_momentum_epoch`` by ``cupy.RawModule``."""

    name = "cupy.cuda_epoch_momentum"
    operator = source.MOMENTUM_EPOCH
    rule = VELOCITY_WITH_RATE


KERNEL = CupyCudaEpochMomentum()
