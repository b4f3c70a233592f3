"""``update.torch_foreach``: one operator for all tensors.

    w = w - eta g              read w and g, write w, in one pass

Reference: PyTorch manual, ``torch.optim.SGD`` with ``foreach=True``; ``_foreach_add_`` is
the operator that it calls.

Differs from ``update.torch_add`` in the loop inside: on a GPU one launch serves many tensors,
on a CPU the loop is in C++ and no longer in Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.torch.imports import torch
from kernels.backends.torch.updating import TorchUpdateKernel

if TYPE_CHECKING:
    from kernels.backends.torch.updating import TorchUpdateState


class TorchForeach(TorchUpdateKernel):
    """One operator for a list of tensors."""

    name = "update.torch_foreach"
    operator = "_foreach_add_"
    bytes_per_parameter = 12

    def update(self, state: TorchUpdateState) -> None:
        """Enqueue one operator."""
        torch._foreach_add_(state.w, state.g, alpha=-state.eta)


KERNEL = TorchForeach()
