"""``update.numba_cuda_momentum``: the update with momentum as a CUDA kernel in Python.

    v = mu v - eta g           read v, g and w, write v and w, in one pass
    w = w + v

Reference: ``kernels.rule``, the rate inside the velocity, as MXNet's ``sgd_mom_update``.

Differs from ``update.numba_cuda`` in the velocity: 20 bytes a parameter instead of 12.
"""

from __future__ import annotations

from kernels.backends.numba.gpu_updating import NumbaCudaUpdateKernel
from kernels.rule import VELOCITY_WITH_RATE


class NumbaCudaMomentum(NumbaCudaUpdateKernel):
    """One launch a tensor, with momentum, by Numba's CUDA target."""

    name = "update.numba_cuda_momentum"
    rule = VELOCITY_WITH_RATE
    bytes_per_parameter = 20


KERNEL = NumbaCudaMomentum()
