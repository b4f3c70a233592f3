"""``update.torch_momentum``: a step of ``optim.SGD`` with momentum and ``fused=True``.

    v = mu v + g               read v, g and w, write v and w, in one pass
    w = w - eta v

Reference: PyTorch manual, ``torch.optim.SGD``. Its first step takes ``v = g``, which is the
rule at ``v = 0``, as there is no dampening.

Differs from ``update.torch_optim_fused`` in the velocity: 20 bytes a parameter instead of 12.
"""

from __future__ import annotations

from kernels.backends.torch.updating import OptimUpdateKernel
from kernels.rule import VELOCITY_OF_GRADIENTS


class TorchMomentumUpdate(OptimUpdateKernel):
    """PyTorch's optimizer with momentum, update only."""

    name = "update.torch_momentum"
    operator = "_fused_sgd_"
    rule = VELOCITY_OF_GRADIENTS
    bytes_per_parameter = 20


KERNEL = TorchMomentumUpdate()
