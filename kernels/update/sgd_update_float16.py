"""``update.sgd_update_float16``: the fused operator on half-precision tensors.

    w = w - eta g              read w and g, write w, 2 bytes each

Reference: MXNet 1.9 API, ``mxnet.ndarray.sgd_update``.

Differs from ``update.sgd_update`` in moving half the bytes, and in rounding every weight to
11 bits at every update: a step smaller than 2^-11 of the weight is lost.
"""

from __future__ import annotations

from kernels.update.sgd_update import SgdUpdate


class SgdUpdateFloat16(SgdUpdate):
    """One fused operator on float16."""

    name = "update.sgd_update_float16"
    precision = "float16"
    bytes_per_parameter = 6


KERNEL = SgdUpdateFloat16()
