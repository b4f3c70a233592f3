"""``update.cuda_rtc_momentum``: as ``update.cuda_rtc``, with momentum.

    v = mu v - eta g           read v, g and w, write v and w, in one pass
    w = w + v

Reference: ``kernels/cuda/sgd.cu``; MXNet 1.9 API, ``mxnet.ndarray.sgd_mom_update``.

Differs from ``update.cuda_rtc`` in the velocity: 20 bytes a parameter instead of 12.
"""

from __future__ import annotations

from kernels.backends.mxnet.rtc import RtcUpdateKernel
from kernels.cuda import source
from kernels.rule import VELOCITY_WITH_RATE


class CudaRtcMomentum(RtcUpdateKernel):
    """``sgd_momentum_update`` of ``sgd.cu`` by ``mx.rtc``."""

    name = "update.cuda_rtc_momentum"
    operator = source.MOMENTUM_UPDATE
    rule = VELOCITY_WITH_RATE
    bytes_per_parameter = 20


KERNEL = CudaRtcMomentum()
