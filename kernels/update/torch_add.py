"""``update.torch_add``: ``w.add_(g, alpha=-eta)``, tensor by tensor.

    w = w - eta g              read w and g, write w, in one pass

Reference: PyTorch manual, ``Tensor.add_``.

The operator that ``optim.SGD`` with ``foreach=False`` calls: no temporary, one call for each
tensor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernels.backends.torch.updating import TorchUpdateKernel

if TYPE_CHECKING:
    from kernels.backends.torch.updating import TorchUpdateState


class TorchAdd(TorchUpdateKernel):
    """One operator for each tensor."""

    name = "update.torch_add"
    operator = "add_"
    bytes_per_parameter = 12

    def update(self, state: TorchUpdateState) -> None:
        """Enqueue one operator for each tensor."""
        alpha = -state.eta
        for w, g in zip(state.w, state.g, strict=True):
            w.add_(g, alpha=alpha)


KERNEL = TorchAdd()
