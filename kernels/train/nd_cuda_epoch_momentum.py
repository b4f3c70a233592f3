"""``nd.cuda_epoch_momentum``: as ``nd.cuda_epoch``, with momentum.

    for each batch:  g = [X^T r, sum(r)] / m    with r = X w + b - y
                     v = mu v - eta g
                     p = p + v                  p = [w, b] and v in shared memory

Reference: ``kernels/cuda/sgd.cu``; MXNet 1.9 API, ``mxnet.ndarray.sgd_mom_update``.

Differs from ``nd.cuda_epoch`` in the velocity, which lies beside the parameters.
"""

from __future__ import annotations

from kernels.backends.mxnet.rtc import RtcEpochKernel
from kernels.cuda import source
from kernels.rule import VELOCITY_WITH_RATE


class NdCudaEpochMomentum(RtcEpochKernel):
    """``sgd_momentum_epoch`` by ``mx.rtc``."""

    name = "nd.cuda_epoch_momentum"
    operator = source.MOMENTUM_EPOCH
    rule = VELOCITY_WITH_RATE


KERNEL = NdCudaEpochMomentum()
