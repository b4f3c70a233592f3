"""``update.triton``: a kernel that Triton compiles, on PyTorch's tensors.

    w = w - eta g              read w and g, write w, in one pass

Reference: Triton manual, "Vector Addition".

Differs from ``update.torch_add`` in the kernel: written for this update, and compiled for
this GPU. As many bytes.
"""

from __future__ import annotations

from typing import Any

from kernels.backends.triton.imports import jitted
from kernels.backends.triton.updating import TritonUpdateKernel


class TritonUpdate(TritonUpdateKernel):
    """One launch for each tensor."""

    name = "update.triton"
    operator = "sgd_update"
    bytes_per_parameter = 12

    def jitted(self) -> Any:
        """Return the kernel."""
        return jitted.sgd_update


KERNEL = TritonUpdate()
