"""``nd.cuda_epoch``: a whole epoch in one launch of a CUDA kernel written by hand.

    for each batch:  r = X w + b - y
                     g = [X^T r, sum(r)] / m
                     p = p - eta g          p = [w, b], in shared memory all the while

Reference: ``kernels/cuda/sgd.cu``; MXNet 1.9 API, ``mxnet.rtc.CudaModule``.

Differs from ``nd.foreach`` in what runs the steps: one kernel on the GPU, not a launch for
each operator of each step; and no rows are copied into their order. NDArrays in, NDArrays
out; GPUs only. On the CPU ``nd.fused`` does the same.
"""

from __future__ import annotations

from kernels.backends.mxnet.rtc import RtcEpochKernel


class NdCudaEpoch(RtcEpochKernel):
    """``sgd_epoch`` by ``mx.rtc``."""

    name = "nd.cuda_epoch"


KERNEL = NdCudaEpoch()
