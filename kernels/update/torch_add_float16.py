"""``update.torch_add_float16``: ``w.add_(g, alpha=-eta)`` on half-precision tensors.

    w = w - eta g              read w and g, write w, 2 bytes each

Reference: PyTorch manual, ``Tensor.add_``.

Differs from ``update.torch_add`` in moving half the bytes, and in rounding every weight to
11 bits at every update: a step smaller than 2^-12 of the weight is lost.
"""

from __future__ import annotations

from kernels.update.torch_add import TorchAdd


class TorchAddFloat16(TorchAdd):
    """One operator for each float16 tensor."""

    name = "update.torch_add_float16"
    precision = "float16"
    bytes_per_parameter = 6


KERNEL = TorchAddFloat16()
