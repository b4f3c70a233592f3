"""``update.numba_cuda``: the update as a CUDA kernel written in Python.

    w = w - eta g              read w and g, write w, in one pass

Reference: Numba documentation, "Writing CUDA Kernels".

Differs from ``update.cupy_cuda`` in the language: Numba compiles it from Python, a thread
an element, 4 bytes a load. As many bytes.
"""

from __future__ import annotations

from kernels.backends.numba.gpu_updating import NumbaCudaUpdateKernel


class NumbaCuda(NumbaCudaUpdateKernel):
    """One launch a tensor, by Numba's CUDA target."""

    name = "update.numba_cuda"
    bytes_per_parameter = 12


KERNEL = NumbaCuda()
