"""``numba.cuda_epoch``: a whole epoch in one launch of a kernel written in Python.

    for each batch:  r = X w + b - y
                     g = [X^T r, sum(r)] / m
                     p = p - eta g          p = [w, b], in shared memory all the while

Reference: Numba documentation, "Writing CUDA Kernels" and "Dynamic Shared Memory".

Differs from ``cupy.cuda_epoch`` in the language and in what it leaves out: one block
whatever the batch, sums through shared memory and not from lane to lane, and each row read
twice, the second time from the cache. Any number of features: where parameters do not fit
into shared memory they stay in the GPU's.
"""

from __future__ import annotations

from kernels.backends.numba.gpu_training import NumbaCudaEpochKernel
from kernels.cost import StepCost


class NumbaCudaEpoch(NumbaCudaEpochKernel):
    """An epoch in one launch, by Numba's CUDA target."""

    name = "numba.cuda_epoch"
    saves = (
        "every launch but one: the loop over the batches runs on the GPU, and rows are read "
        "where they lie"
    )
    # Each row is read once from memory, with its label and its place in the order; again
    # from the cache, not counted. Parameters and the gradient are in shared memory.
    cost = StepCost(features=1, samples=2, parameters=0)


KERNEL = NumbaCudaEpoch()
