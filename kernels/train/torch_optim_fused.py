"""``torch.optim_fused``: ``optim.SGD`` as one operator.

    p = p - eta dloss/dp       by ``_fused_sgd_``, all of SGD for all parameters

Reference: PyTorch manual, ``torch.optim.SGD`` with ``fused=True``.

Differs from ``torch.optim_foreach`` in the operator: it does the whole of SGD, so that
momentum or weight decay would cost no further pass. For plain SGD both move as much.
"""

from __future__ import annotations

from kernels.backends.torch.optim_training import TorchOptimKernel


class TorchOptimFused(TorchOptimKernel):
    """SGD in one operator."""

    name = "torch.optim_fused"
    operator = "_fused_sgd_"
    implementation = {"fused": True}  # noqa: RUF012 - the base says what it is
    saves = "dispatch and memory traffic of the update: one pass whatever SGD is asked for"


KERNEL = TorchOptimFused()
