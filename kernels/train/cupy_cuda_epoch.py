"""``cupy.cuda_epoch``: a whole epoch in one launch of a CUDA kernel written by hand.

    for each batch:  r = X w + b - y
                     g = [X^T r, sum(r)] / m
                     p = p - eta g          p = [w, b], in shared memory all the while

Reference: ``kernels/cuda/sgd.cu``; CuPy manual, "Raw modules".

Differs from ``cupy.closed_form`` in the launches: one an epoch, not seven a step; and no
rows are copied into their order. The same kernel as ``nd.cuda_epoch``, without MXNet's
engine in front of it.
"""

from __future__ import annotations

from kernels.backends.cupy.cuda import CupyEpochKernel


class CupyCudaEpoch(CupyEpochKernel):
    """``sgd_epoch`` by ``cupy.RawModule``."""

    name = "cupy.cuda_epoch"


KERNEL = CupyCudaEpoch()
