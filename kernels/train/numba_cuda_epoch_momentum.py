"""``numba.cuda_epoch_momentum``: as ``numba.cuda_epoch``, with momentum.

    for each batch:  g = [X^T r, sum(r)] / m    with r = X w + b - y
                     v = mu v - eta g
                     p = p + v                  p = [w, b] and v in shared memory

Reference: ``kernels.rule``, the rate inside the velocity, as MXNet's ``sgd_mom_update``.

Differs from ``numba.cuda_epoch`` in the velocity, which lies beside the parameters.
"""

from __future__ import annotations

from kernels.rule import VELOCITY_WITH_RATE
from kernels.train.numba_cuda_epoch import NumbaCudaEpoch


class NumbaCudaEpochMomentum(NumbaCudaEpoch):
    """An epoch with momentum in one launch, by Numba's CUDA target."""

    name = "numba.cuda_epoch_momentum"
    saves = "what numba.cuda_epoch saves"
    rule = VELOCITY_WITH_RATE


KERNEL = NumbaCudaEpochMomentum()
