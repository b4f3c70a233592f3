"""``update.cupy_cuda``: a CUDA kernel written by hand, on CuPy arrays.

    w = w - eta g              read w and g, write w, in one pass, 16 bytes a load

Reference: ``kernels/cuda/sgd.cu``; CuPy manual, "Raw modules".

Differs from ``update.cupy_elementwise`` in the kernel: 16 bytes a load, and no general
indexing around it. As many bytes.
"""

from __future__ import annotations

from kernels.backends.cupy.cuda import CupyCudaUpdateKernel


class CupyCuda(CupyCudaUpdateKernel):
    """``sgd_update`` of ``sgd.cu`` by ``cupy.RawModule``."""

    name = "update.cupy_cuda"


KERNEL = CupyCuda()
