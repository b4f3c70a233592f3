"""``update.cuda_rtc``: a CUDA kernel written by hand, compiled by ``mx.rtc``.

    w = w - eta g              read w and g, write w, in one pass, 16 bytes a load

Reference: ``kernels/cuda/sgd.cu``; MXNet 1.9 API, ``mxnet.rtc.CudaModule``.

Differs from ``update.sgd_update`` in how it comes to the engine: by ``mx.rtc``'s launch,
not by the call of an operator. As many bytes; GPUs only.
"""

from __future__ import annotations

from kernels.backends.mxnet.rtc import RtcUpdateKernel


class CudaRtc(RtcUpdateKernel):
    """``sgd_update`` of ``sgd.cu`` by ``mx.rtc``."""

    name = "update.cuda_rtc"


KERNEL = CudaRtc()
