"""``update.triton_momentum``: as ``update.triton``, with momentum.

    v = mu v - eta g           read v, g and w, write v and w, in one pass
    w = w + v

Reference: Triton manual, "Vector Addition"; MXNet 1.9 API, ``mxnet.ndarray.sgd_mom_update``.

Differs from ``update.triton`` in the velocity: 20 bytes a parameter instead of 12.
"""

from __future__ import annotations

from typing import Any

from kernels.backends.triton.imports import jitted
from kernels.backends.triton.updating import TritonUpdateKernel
from kernels.rule import VELOCITY_WITH_RATE


class TritonMomentum(TritonUpdateKernel):
    """One launch for each tensor, with momentum."""

    name = "update.triton_momentum"
    operator = "sgd_momentum_update"
    rule = VELOCITY_WITH_RATE
    bytes_per_parameter = 20

    def jitted(self) -> Any:
        """Return the kernel."""
        return jitted.sgd_momentum_update


KERNEL = TritonMomentum()
