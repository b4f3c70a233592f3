"""``torch.optim``: ``nn.Linear``, ``mse_loss`` and ``optim.SGD``, tensor by tensor.

    p = p - eta dloss/dp       by ``add_`` with its factor, one operator a parameter

Reference: PyTorch manual, ``torch.optim.SGD`` with ``foreach=False``.

Differs from ``torch.manual`` in its fused operators for the layer, the loss and the update,
and in the Python of module and optimizer around them.
"""

from __future__ import annotations

from kernels.backends.torch.optim_training import TorchOptimKernel


class TorchOptim(TorchOptimKernel):
    """SGD's loop over the parameters."""

    name = "torch.optim"
    operator = "add_"
    saves = "temporaries of torch.manual: layer, loss and update are an operator each"


KERNEL = TorchOptim()
