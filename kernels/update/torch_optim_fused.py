"""``update.torch_optim_fused``: a step of ``optim.SGD`` with ``fused=True``.

    w = w - eta g              read w and g, write w, in one pass

Reference: PyTorch manual, ``torch.optim.SGD``.

Differs from ``update.torch_foreach`` in the Python between the call and the operator, where
the optimizer collects its parameters and their gradients.
"""

from __future__ import annotations

from kernels.backends.torch.updating import OptimUpdateKernel


class TorchOptimFusedUpdate(OptimUpdateKernel):
    """PyTorch's optimizer, update only."""

    name = "update.torch_optim_fused"
    operator = "_fused_sgd_"
    bytes_per_parameter = 12


KERNEL = TorchOptimFusedUpdate()
